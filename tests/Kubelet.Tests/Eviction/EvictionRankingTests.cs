using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Eviction;

public class EvictionRankingTests
{
    [Fact]
    public void Rank_Memory_OverRequestThenPriorityThenUsage()
    {
        var within = Used("within", request: "1Gi", memory: 1L << 29, priority: -10);
        var over = Used("over", request: "1Mi", memory: 2L << 20, priority: 0);
        var further = Used("further", request: "1Mi", memory: 9L << 20, priority: 0);
        var important = Used("important", request: "1Mi", memory: 90L << 20, priority: 100);

        Assert.Equal(["further", "over", "important", "within"], Names(EvictionSignals.Memory, within, over, important, further));
    }

    [Fact]
    public void Rank_Pids_PriorityThenProcesses()
    {
        var few = Used("few", processes: 1);
        var many = Used("many", processes: 90);
        var important = Used("important", processes: 900, priority: 5);

        Assert.Equal(["many", "few", "important"], Names(EvictionSignals.Pids, few, many, important));
    }

    [Fact]
    public void Rank_Disk_MostFirst()
    {
        Assert.Equal(["big", "small"], Names(EvictionSignals.NodeDisk, Used("small", disk: 5), Used("big", disk: 50)));
        Assert.Equal(["big", "small"], Names(EvictionSignals.ImageDisk, Used("small", disk: 5), Used("big", disk: 50)));
    }

    [Fact]
    public void Message_NamesTheThresholdAndTheContainersThatUseTooMuch()
    {
        var victim = Used("web", request: "1Mi", memory: 3L << 20);
        var threshold = new EvictionThreshold(EvictionSignals.Memory, new EvictionAmount(100L << 20), TimeSpan.Zero, null);

        Assert.Equal(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 51208Ki. Container web was using 3Mi, request is 1Mi, has larger consumption of memory. ",
            EvictionMessage.For(victim, threshold, new Observation(51208L << 10, 1L << 34)));
    }

    private static IEnumerable<string> Names(string signal, params PodUse[] pods) => EvictionRanking.Rank(signal, pods).Select(p => p.Pod.Metadata.Name);

    private static PodUse Used(string name, string request = "0", long memory = 0, long disk = 0, long processes = 0, int priority = 0)
    {
        var pod = new PodBuilder().Container(name, c => PodBuilder.Requests(c, "0", request)).With(p => (p.Metadata.Name, p.Spec.Priority) = (name, priority)).Build();
        return new PodUse(pod, memory, disk, 0, processes, [new ContainerUse(name, memory, disk)]);
    }
}
