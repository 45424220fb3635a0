using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Explain;

namespace NodeAgent.Scheduler.Tests.Explain;

public sealed class StateDumpTests
{
    [Fact]
    public void Compare_CacheAndInformersDiffer_NamesEveryDifference()
    {
        var cluster = new TestCluster();
        var moved = Make.Pod("moved", node: "a");
        cluster.With(Make.Node("a"), Make.Node("gone")).With(moved, Make.Pod("ghost", node: "a"));
        var known = moved.Clone().With(p => p.Spec.NodeName = "b");

        var differences = StateDump.Compare(cluster.Cache, new Fixed<Node>(Make.Node("a"), Make.Node("new")), new Fixed<Pod>(known, Make.Pod("lost", node: "a")));

        Assert.Equal(
            ["node gone is in the cache only", "node new is not in the cache", "pod default/moved is on b, in the cache on a", "pod default/lost on a is not in the cache", "pod default/ghost on a is in the cache only"],
            differences);
    }

    [Fact]
    public void Compare_AssumedPodAndOneThatHasEnded_AreNoDifferences()
    {
        var cluster = new TestCluster();
        cluster.With(Make.Node("a"));
        cluster.Cache.Assume(cluster.Parse(Make.Pod("assumed")), "a");

        var differences = StateDump.Compare(cluster.Cache, new Fixed<Node>(Make.Node("a")), new Fixed<Pod>(Make.Pod("ended", node: "a").With(p => p.Status.Phase = "Succeeded")));

        Assert.Empty(differences);
    }

    private sealed class Fixed<T>(params T[] items) : IStore<T>
        where T : class, IKubeObject
    {
        public int Count => items.Length;

        public T? Get(string? namespaceName, string name) => items.FirstOrDefault(i => i.Metadata.Namespace == (namespaceName ?? "") && i.Metadata.Name == name);

        public IReadOnlyCollection<T> List() => items;

        public IReadOnlyCollection<T> ListNamespace(string namespaceName) => [.. items.Where(i => i.Metadata.Namespace == namespaceName)];

        public IReadOnlyCollection<T> ByIndex(string indexName, string key) => [];
    }
}
