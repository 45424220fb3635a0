using System.Globalization;
using System.Text;

namespace NodeAgent.Hosting.Flags;

/// <summary>Values as pflag reads them.</summary>
internal static class FlagParsers
{
    public static bool Bool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new FormatException("true or false is expected"),
    };

    public static int Int(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new FormatException("the number is out of range")
            : throw new FormatException("a whole number is expected");

    public static double Float(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : throw new FormatException("a number is expected");

    /// <summary>Comma-separated, with CSV quotes.</summary>
    public static IReadOnlyList<string> List(string text) => text.Length == 0 ? [] : SplitCsv(text);

    public static IReadOnlyDictionary<string, string> Map(string text)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var pair in List(text))
        {
            var at = pair.IndexOf('=', StringComparison.Ordinal);
            if (at < 0)
            {
                throw new FormatException($"key=value is expected, not \"{pair}\"");
            }

            map[pair[..at].Trim()] = pair[(at + 1)..].Trim();
        }

        return map;
    }

    public static string FormatMap<T>(IReadOnlyDictionary<string, T> map) =>
        string.Join(',', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={(p.Value is bool b ? b ? "true" : "false" : p.Value?.ToString())}"));

    public static IReadOnlyDictionary<string, T> Merge<T>(IReadOnlyDictionary<string, T> first, IReadOnlyDictionary<string, T> second)
    {
        var merged = new Dictionary<string, T>(first, StringComparer.Ordinal);
        foreach (var (key, value) in second)
        {
            merged[key] = value;
        }

        return merged;
    }

    private static List<string> SplitCsv(string text)
    {
        var items = new List<string>();
        var item = new StringBuilder();
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (quoted && c == '"' && i + 1 < text.Length && text[i + 1] == '"')
            {
                item.Append('"');
                i++;
            }
            else if (c == '"' && (quoted || item.Length == 0))
            {
                quoted = !quoted;
            }
            else if (c == ',' && !quoted)
            {
                items.Add(item.ToString());
                item.Clear();
            }
            else
            {
                item.Append(c);
            }
        }

        if (quoted)
        {
            throw new FormatException("a quote is not closed");
        }

        items.Add(item.ToString());
        return items;
    }
}
