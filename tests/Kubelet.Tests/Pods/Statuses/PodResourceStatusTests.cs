using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Statuses;

public class PodResourceStatusTests
{
    [Fact]
    public void Set_ResourcesOfContainers_AreAddedUp()
    {
        var status = Set(new PodBuilder().Container("a", c => Both(c, "100m", "16Mi")).Container("b", c => PodBuilder.Requests(c, "50m", "8Mi")), "Pending");

        Assert.Equal(("150m", "24Mi"), (status.AllocatedResources["cpu"].String, status.AllocatedResources["memory"].String));
        Assert.Equal(("150m", "100m"), (status.Resources.Requests["cpu"].String, status.Resources.Limits["cpu"].String));
    }

    [Fact]
    public void Set_RunningPodOfWhichOneContainerHasNoLimit_HasNoLimit() =>
        Assert.Empty(Set(new PodBuilder().Container("a", c => Both(c, "100m", "16Mi")).Container("b"), "Running").Resources.Limits);

    [Fact]
    public void Set_WhileAResizeOfThePodIsUnderWay_TellsWhatItHasAndWhatItWasGranted()
    {
        var status = Set(new PodBuilder().Container("a").With(p => p.Spec.Resources = Cpu("2")), "Running", Cpu("1"));

        Assert.Equal(("2", "1", "1"), (status.AllocatedResources["cpu"].String, status.Resources.Requests["cpu"].String, status.Resources.Limits["cpu"].String));
    }

    [Fact]
    public void Set_BestEffort_TellsNothing() => Assert.Null(Set(new PodBuilder().Container("a"), "Running").Resources);

    private static PodStatus Set(PodBuilder pod, string phase, ResourceRequirements? actual = null)
    {
        var status = new PodStatus { Phase = phase };
        PodResourceStatus.Set(status, pod.Build(), actual);
        return status;
    }

    private static void Both(Container container, string cpu, string memory)
    {
        PodBuilder.Requests(container, cpu, memory);
        PodBuilder.Limits(container, cpu, memory);
    }

    private static ResourceRequirements Cpu(string amount) => new() { Requests = { ["cpu"] = new Quantity { String = amount } }, Limits = { ["cpu"] = new Quantity { String = amount } } };
}
