using System.Text.Json;

namespace NodeAgent.Reference;

/// <summary>One metric as a daemon describes it on /metrics?families.</summary>
/// <param name="Labels">Without a histogram's <c>le</c>.</param>
internal sealed record MetricFamily(string Name, string Type, IReadOnlyList<string> Labels, string Help)
{
    /// <param name="pages">A JSON object: each page of one daemon with its families.</param>
    public static IReadOnlyDictionary<string, MetricFamily[]> Parse(string pages) =>
        JsonSerializer.Deserialize<SortedDictionary<string, MetricFamily[]>>(pages, JsonSerializerOptions.Web)
        ?? throw new FormatException("the file with a daemon's families holds null");
}
