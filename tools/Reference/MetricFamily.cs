using System.Text.RegularExpressions;

namespace NodeAgent.Reference;

/// <summary>One metric as the text format describes it.</summary>
/// <param name="Labels">Those that samples of it had, without the bucket's.</param>
internal sealed partial record MetricFamily(string Name, string Type, string Help, IReadOnlyList<string> Labels)
{
    public static IReadOnlyList<MetricFamily> Parse(string scrape)
    {
        var helps = new Dictionary<string, string>(StringComparer.Ordinal);
        var families = new SortedDictionary<string, (string Type, SortedSet<string> Labels)>(StringComparer.Ordinal);
        foreach (var line in scrape.Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal) && line.Split(' ', 4) is [_, _, var helped, var help])
            {
                helps[helped] = help.Replace("\\n", " ", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
            }
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal) && line.Split(' ', 4) is [_, _, var typed, var type])
            {
                families[typed] = (type, new SortedSet<string>(StringComparer.Ordinal));
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                AddLabels(line, families);
            }
        }

        return [.. families.Select(f => new MetricFamily(f.Key, f.Value.Type, helps.GetValueOrDefault(f.Key, ""), [.. f.Value.Labels]))];
    }

    private static void AddLabels(string line, SortedDictionary<string, (string Type, SortedSet<string> Labels)> families)
    {
        var name = line[..line.IndexOfAny(['{', ' '])];
        var family = families.ContainsKey(name) ? name : Suffix().Replace(name, "");
        if (families.TryGetValue(family, out var known))
        {
            known.Labels.UnionWith(Label().Matches(line).Select(m => m.Groups[1].Value).Where(l => l is not ("le" or "quantile")));
        }
    }

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("""[{,]([a-zA-Z_][a-zA-Z0-9_]*)="(?:[^"\\]|\\.)*"(?=[,}])""")]
    private static partial Regex Label();
}
