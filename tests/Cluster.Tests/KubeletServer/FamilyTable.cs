using System.Text.RegularExpressions;
using NodeAgent.Testing;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>What docs/compare.md says of the kubelet's families of metrics, and whether a scrape is so.</summary>
internal static partial class FamilyTable
{
    /// <summary>By family, the words of the column "here" and the tests that are named besides.</summary>
    private static readonly Dictionary<string, (string Words, string Tests)> Said = ComparePage.Rows("Metrics").SelectMany(r => ComparePage.Quoted(r[0]).Select(name => (name, r))).ToDictionary(r => r.name, r => (r.r[1], r.r[2]));

    /// <returns>
    /// Nothing when every family with "yes" is shown on its page or, because there is nothing to count, has a test of its own; none
    /// with "no" is shown; each of upstream's is named; and types and labels are upstream's.
    /// </returns>
    public static IReadOnlyList<string> ProblemsOf(IReadOnlyDictionary<string, MetricPage> pages)
    {
        var problems = new List<string>();
        foreach (var (name, (words, tests)) in Said)
        {
            var shown = pages.Keys.Where(p => pages[p].Families.ContainsKey(name)).ToList();
            if (IsYes(words) ? tests.Length == 0 && Pages(words).Except(shown).Any() : shown.Count > 0)
            {
                problems.Add($"{name}: docs/compare.md says \"{words}\", and it is shown on: {string.Join(", ", shown)}");
            }
        }

        foreach (var family in UpstreamFamily.All)
        {
            if (!Said.TryGetValue(family.Name, out var said))
            {
                problems.Add($"{family.Page} {family.Name}: upstream has it, docs/compare.md does not name it");
            }
            else if (pages[family.Page].Families.GetValueOrDefault(family.Name) is { } ours)
            {
                problems.AddRange(Differences(family, ours));
            }
            else if (IsYes(said.Words) && !Pages(said.Words).Contains(family.Page))
            {
                problems.Add($"{family.Page} {family.Name}: upstream shows it on this page, docs/compare.md names another");
            }
        }

        return problems;
    }

    private static IEnumerable<string> Differences(UpstreamFamily family, MetricPage.Family ours)
    {
        if (ours.Type != family.Type)
        {
            yield return $"{family.Page} {family.Name}: a {ours.Type}, upstream's is a {family.Type}";
        }

        if (ours.Samples.Count > 0 && string.Join(',', ours.Labels) != family.Labels)
        {
            yield return $"{family.Page} {family.Name}: labels {string.Join(',', ours.Labels)}, upstream's are {family.Labels}";
        }
    }

    private static bool IsYes(string said) => said.StartsWith("yes", StringComparison.Ordinal);

    private static IReadOnlyList<string> Pages(string said) => PageName().Matches(said) is { Count: > 0 } named ? [.. named.Select(m => m.Value)] : ["/metrics"];

    [GeneratedRegex("/metrics(/[a-z]+)?")]
    private static partial Regex PageName();
}
