using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Node;

public class CriticalPreemptionTests
{
    private static readonly Pod Critical = new PodBuilder().Container("critical").With(p => p.Spec.Priority = 2_000_001_000).Build();

    [Fact]
    public void Choose_OnePodThatIsEnough_RatherThanTwo()
    {
        var victims = Choose(500, Pod("small", "300m"), Pod("fitting", "600m"), Pod("other", "300m"));

        Assert.Equal(["fitting"], victims);
    }

    [Fact]
    public void Choose_BestEffortCountsForPods_BeforeBurstable()
    {
        var victims = CriticalPreemption.Choose(Critical, [Pod("burstable", "1"), Pod("best-effort", "0")], [new Shortage("pods", 1, 2, 2)], out _);

        Assert.Equal("best-effort", Assert.Single(victims!.Value).Metadata.Name);
    }

    [Fact]
    public void Choose_BurstableBeforeGuaranteed()
    {
        var guaranteed = Pod("guaranteed", "1");
        PodBuilder.Limits(guaranteed.Spec.Containers[0], "1", "1Mi");

        Assert.Equal(["burstable"], Choose(500, guaranteed, Pod("burstable", "1")));
        Assert.Equal(["burstable", "guaranteed"], Choose(1500, guaranteed, Pod("burstable", "1")));
    }

    [Fact]
    public void Choose_CriticalPods_AreLeftAlone()
    {
        var other = Pod("critical-too", "1");
        other.Spec.Priority = 2_000_001_000;

        Assert.Null(CriticalPreemption.Choose(Critical, [other], [new Shortage("cpu", 500, 0, 0)], out var unmet));
        Assert.Equal("[(res: cpu, q: 500), ]", unmet);
    }

    [Fact]
    public void Check_CriticalPodThatDoesNotFit_IsLetInForOthers()
    {
        Dictionary<string, Quantity> allocatable = new() { ["cpu"] = new Quantity { String = "2" }, ["memory"] = new Quantity { String = "1Gi" }, ["pods"] = new Quantity { String = "9" } };
        var admission = new NodeAdmission(new NodeFacts("n", [], allocatable, allocatable, "", [], ""), () => null);
        var critical = Pod("critical", "1500m");
        critical.Spec.Priority = 2_000_001_000;

        var outcome = admission.Check(critical, [Pod("victim", "1")]);

        Assert.Null(outcome.Refused);
        Assert.Equal("victim", Assert.Single(outcome.Preempt).Metadata.Name);
        Assert.Equal("UnexpectedAdmissionError", admission.Check(critical, [Pod("tiny", "600m").Clone(), Critical2()]).Refused?.Reason);
    }

    private static Pod Critical2()
    {
        var pod = Pod("big", "1900m");
        pod.Spec.Priority = 2_000_001_000;
        return pod;
    }

    private static IEnumerable<string> Choose(long cpuMissing, params Pod[] active) =>
        CriticalPreemption.Choose(Critical, active, [new Shortage("cpu", cpuMissing, 0, 0)], out _)!.Value.Select(p => p.Metadata.Name);

    private static Pod Pod(string name, string cpu) => new PodBuilder().Container("c", c => PodBuilder.Requests(c, cpu, cpu == "0" ? "0" : "1Mi")).With(p => (p.Metadata.Name, p.Metadata.Uid) = (name, name)).Build();
}
