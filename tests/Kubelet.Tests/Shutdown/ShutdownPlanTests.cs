using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Shutdown;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Shutdown;

public class ShutdownPlanTests
{
    [Fact]
    public void Of_TwoPeriods_CriticalPodsEndLast()
    {
        var plan = ShutdownPlan.Of(new KubeletConfiguration { ShutdownGracePeriod = TimeSpan.FromSeconds(30), ShutdownGracePeriodCriticalPods = TimeSpan.FromSeconds(10) });

        var groups = plan.Divide([Pod("critical", 2_000_001_000), Pod("ordinary", 0), Pod("low", -5)]);

        Assert.Equal(TimeSpan.FromSeconds(30), plan.Total);
        Assert.Equal([20, 10], groups.Select(g => g.Period.TotalSeconds));
        Assert.Equal(["ordinary", "low"], groups[0].Pods.Select(p => p.Metadata.Name));
        Assert.Equal(["critical"], groups[1].Pods.Select(p => p.Metadata.Name));
    }

    [Fact]
    public void Of_PrioritiesInAnyOrder_AreSorted_AndTakePrecedence()
    {
        var plan = ShutdownPlan.Of(new KubeletConfiguration
        {
            ShutdownGracePeriodByPodPriority =
            [
                new KubeletShutdownGracePeriod { Priority = 1000, ShutdownGracePeriodSeconds = 120 },
                new KubeletShutdownGracePeriod { Priority = 0, ShutdownGracePeriodSeconds = 60 },
            ],
        });

        var groups = plan.Divide([Pod("a", 999), Pod("b", 1000), Pod("c", 5000)]);

        Assert.Equal([60, 120], groups.Select(g => g.Period.TotalSeconds));
        Assert.Equal(["a"], groups[0].Pods.Select(p => p.Metadata.Name));
        Assert.Equal(["b", "c"], groups[1].Pods.Select(p => p.Metadata.Name));
    }

    [Fact]
    public void Of_NothingConfigured_WaitsForNothing() => Assert.Equal(TimeSpan.Zero, ShutdownPlan.Of(new KubeletConfiguration()).Total);

    [Theory]
    [InlineData(5, 5)]
    [InlineData(300, 20)]
    public void GraceOf_ThePodsOwn_WithinTheGroups(long own, double expected)
    {
        var pod = Pod("a", 0);
        pod.Spec.TerminationGracePeriodSeconds = own;

        Assert.Equal(expected, ShutdownPlan.GraceOf(pod, new ShutdownGroup(0, TimeSpan.FromSeconds(20), [pod])).TotalSeconds);
    }

    [Theory]
    [InlineData("""{"type":"signal","endian":"l","member":"PrepareForShutdown","payload":{"type":"b","data":[true]}}""", true)]
    [InlineData("""{"type":"signal","member":"PrepareForShutdown","payload":{"type":"b","data":[false]}}""", false)]
    [InlineData("""{"type":"method_return","payload":{"type":"s","data":[":1.5"]}}""", null)]
    [InlineData("Monitoring bus message stream.", null)]
    public void Parse_LineOfBusctl_TellsTheSignal(string line, bool? expected) => Assert.Equal(expected, LogindProcesses.Parse(line));

    private static Pod Pod(string name, int priority) => new PodBuilder().Container("c").With(p => (p.Metadata.Name, p.Spec.Priority) = (name, priority)).Build();
}
