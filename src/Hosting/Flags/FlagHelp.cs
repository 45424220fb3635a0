using System.Globalization;
using System.Text;

namespace NodeAgent.Hosting.Flags;

/// <summary>The text of <c>--help</c>.</summary>
internal static class FlagHelp
{
    private const int Width = 100;
    private const string Indent = "                ";

    public static string Write(FlagSet flags)
    {
        var text = new StringBuilder();
        Wrap(text, flags.Description, "");
        text.Append(CultureInfo.InvariantCulture, $"\nUsage:\n  {flags.Program} [flags]\n");
        foreach (var group in flags.All.Where(f => !f.IsIgnored).GroupBy(f => f.Group))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{group.Key} flags:\n\n");
            foreach (var flag in group.OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                WriteFlag(text, flag);
            }
        }

        var ignored = flags.All.Where(f => f.IsIgnored).Select(f => "--" + f.Name).Order(StringComparer.Ordinal).ToArray();
        if (ignored.Length > 0)
        {
            text.Append("\nFlags of Kubernetes that are accepted and not acted on:\n\n");
            Wrap(text, string.Join(", ", ignored), "  ");
        }

        return text.ToString();
    }

    private static void WriteFlag(StringBuilder text, Flag flag)
    {
        text.Append(flag.Shorthand is { } shorthand ? $"  -{shorthand}, " : "      ");
        text.Append("--").Append(flag.Name);
        if (flag.TypeName.Length > 0)
        {
            text.Append(' ').Append(flag.TypeName);
        }

        if (!flag.IsDefaultZero)
        {
            text.Append(flag.TypeName == "string" ? $" (default \"{flag.DefaultText}\")" : $" (default {flag.DefaultText})");
        }

        text.Append('\n');
        Wrap(text, flag.DeprecatedFor is { } instead ? $"{flag.Help} (DEPRECATED: {instead})" : flag.Help, Indent);
    }

    private static void Wrap(StringBuilder text, string words, string indent)
    {
        var column = 0;
        foreach (var word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (column > 0 && column + 1 + word.Length > Width)
            {
                text.Append('\n');
                column = 0;
            }

            text.Append(column == 0 ? indent : " ").Append(word);
            column += word.Length + (column == 0 ? indent.Length : 1);
        }

        text.Append('\n');
    }
}
