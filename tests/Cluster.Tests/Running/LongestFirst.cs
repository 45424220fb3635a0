using Xunit.Abstractions;

namespace NodeAgent.Cluster.Tests.Running;

/// <summary>The classes that take minutes start first: a long one that starts last is waited for alone.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = ["EndToEndTests", "PodLifeTests", "PodContentsTests", "PacketTests", "OutageTests", "KubeletServerTests", "LeaderElectionTests", "PluginTests", "ControlPlaneTests"];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) => testCollections.OrderBy(c =>
    {
        var place = Array.FindIndex(Longest, l => c.DisplayName.EndsWith(l, StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    });
}
