using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Eviction;

public class NodePressureTests
{
    [Fact]
    public void Check_NoPressure_LetsIn() => Assert.Null(new NodePressure().Check(BestEffort().Build()));

    [Fact]
    public void Check_MemoryPressure_RefusesBestEffortAlone()
    {
        var pressure = Under(EvictionSignals.MemoryPressure);

        Assert.Equal(("Evicted", "The node had condition: [MemoryPressure]. "), (pressure.Check(BestEffort().Build())?.Reason, pressure.Check(BestEffort().Build())?.Message));
        Assert.Null(pressure.Check(new PodBuilder().Container("a", c => PodBuilder.Requests(c, "1", "1Mi")).Build()));
        Assert.Null(pressure.Check(BestEffort().With(p => p.Spec.Tolerations.Add(new Toleration { Key = "node.kubernetes.io/memory-pressure", Operator = "Exists" })).Build()));
    }

    [Fact]
    public void Check_DiskPressure_RefusesAllButCriticalPods()
    {
        var pressure = Under(EvictionSignals.DiskPressure);

        Assert.NotNull(pressure.Check(new PodBuilder().Container("a", c => PodBuilder.Requests(c, "1", "1Mi")).Build()));
        Assert.Null(pressure.Check(BestEffort().With(p => p.Spec.Priority = 2_000_001_000).Build()));
    }

    [Fact]
    public void Set_Same_TellsNobody()
    {
        var pressure = Under(EvictionSignals.DiskPressure);
        var told = 0;
        pressure.Changed += () => told++;

        pressure.Set([EvictionSignals.DiskPressure]);
        Assert.Equal(0, told);
        pressure.Set([]);
        Assert.Equal(1, told);
    }

    private static NodePressure Under(string condition)
    {
        var pressure = new NodePressure();
        pressure.Set([condition]);
        return pressure;
    }

    private static PodBuilder BestEffort() => new PodBuilder().Container("a");
}
