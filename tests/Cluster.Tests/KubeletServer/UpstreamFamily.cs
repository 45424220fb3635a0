using NodeAgent.Testing;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>A family of metrics of upstream's kubelet.</summary>
/// <param name="Page">Where it is shown.</param>
/// <param name="Labels">Without those of buckets, in their order.</param>
internal sealed record UpstreamFamily(string Page, string Name, string Type, string Labels)
{
    /// <summary>Below <c>tests/Cluster.Tests/KubeletServer</c>: page, name, type and labels of each, a line each.</summary>
    public static string File { get; } = Path.Combine(ComparePage.RepositoryRoot, "tests/Cluster.Tests/KubeletServer/UpstreamFamilies.txt");

    public static IReadOnlyList<UpstreamFamily> All { get; } =
        [.. System.IO.File.ReadLines(File).Where(l => l.Length > 0 && l[0] != '#').Select(l => l.Split(' ')).Select(l => new UpstreamFamily(l[0], l[1], l[2], l.ElementAtOrDefault(3) ?? ""))];

    /// <summary>What a page shows, without Go's own runtime.</summary>
    public static IEnumerable<UpstreamFamily> On(string page, MetricPage shown) =>
        shown.Families.Values.Where(f => !f.Name.StartsWith("go_", StringComparison.Ordinal)).Select(f => new UpstreamFamily(page, f.Name, f.Type, string.Join(',', f.Labels)));
}
