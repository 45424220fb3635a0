using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>A page in Prometheus' text format, as read.</summary>
internal sealed partial class MetricPage
{
    private readonly Dictionary<string, Family> _families = new(StringComparer.Ordinal);

    public MetricPage(string text)
    {
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal) && line.Split(' ') is [_, _, var name, var type])
            {
                _families[name] = new Family(name, type, [], []);
            }
            else if (line.Length > 0 && line[0] != '#')
            {
                Add(line);
            }
        }
    }

    /// <summary>Those that are described, with or without samples.</summary>
    public IReadOnlyDictionary<string, Family> Families => _families;

    /// <summary>The samples of one name, none when it is not there.</summary>
    public IReadOnlyList<Sample> this[string family] => _families.TryGetValue(family, out var known) ? known.Samples : [];

    private void Add(string line)
    {
        var end = line.IndexOfAny(['{', ' ']);
        var name = line[..end];
        var labelsEnd = line[end] == '{' ? line.LastIndexOf('}') + 1 : end;
        var labels = LabelPattern().Matches(line[end..labelsEnd]).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        var values = line[labelsEnd..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var family = _families.GetValueOrDefault(name) ?? _families.GetValueOrDefault(Suffix().Replace(name, ""))
            ?? throw new FormatException($"there is no TYPE before: {line}");
        family.Labels.UnionWith(labels.Keys.Where(l => l is not ("le" or "quantile")));
        long? timestamp = values.Length > 1 ? long.Parse(values[1], CultureInfo.InvariantCulture) : null;
        family.Samples.Add(new Sample(name, labels, Number(values[0]), timestamp));
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"(?=[,}])""")]
    private static partial Regex LabelPattern();

    /// <param name="Labels">Of all samples, without those of buckets.</param>
    internal sealed record Family(string Name, string Type, SortedSet<string> Labels, List<Sample> Samples);

    /// <param name="Timestamp">In milliseconds; null when there is none.</param>
    internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value, long? Timestamp);
}
