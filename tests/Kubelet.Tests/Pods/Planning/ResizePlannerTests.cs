using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Pods.Planning;

public class ResizePlannerTests
{
    [Fact]
    public void Plan_SameResources_IsEmpty() => Assert.Empty(Plan(Pod("100m"), Has("100m")));

    [Fact]
    public void Plan_OtherCpu_IsAResizeWithoutRestart()
    {
        var resize = Assert.Single(Plan(Pod("200m"), Has("100m")));

        Assert.Equal(("a", false), (resize.Spec.Name, resize.Restart));
    }

    [Fact]
    public void Plan_PolicyOfTheChangedResource_Decides()
    {
        var pod = Pod("200m");
        pod.Spec.Containers[0].ResizePolicy.Add(new ContainerResizePolicy { ResourceName = "memory", RestartPolicy = "RestartContainer" });
        Assert.False(Assert.Single(Plan(pod, Has("100m"))).Restart);

        pod.Spec.Containers[0].ResizePolicy[0].ResourceName = "cpu";
        Assert.True(Assert.Single(Plan(pod, Has("100m"))).Restart);
    }

    [Fact]
    public void Plan_ContainerThatDoesNotRun_IsLeftOut() =>
        Assert.Empty(ResizePlanner.Plan(Pod("200m"), new RuntimeBuilder().Sandbox().Exited("a").Build(), new Dictionary<string, ResourceRequirements> { [RuntimeBuilder.Id("a")] = Has("100m") }));

    [Fact]
    public void Plan_OtherLimitOfThePod_ResizesTheContainersThatHaveIt()
    {
        var pod = new PodBuilder().Container("own", c => PodBuilder.Limits(c, "1", "1Mi")).Container("inherits").With(p => p.Spec.Resources = OfPod("200m")).Build();
        var observed = new RuntimeBuilder().Sandbox().Running("own").Running("inherits").Build();
        var actual = observed.Containers.ToDictionary(c => c.Id, c => pod.Spec.Containers.Single(s => s.Name == c.Name).Resources ?? new ResourceRequirements());

        Assert.Equal(["inherits"], ResizePlanner.Plan(pod, observed, actual, OfPod("100m")).Select(r => r.Spec.Name));
        Assert.Empty(ResizePlanner.Plan(pod, observed, actual, OfPod("200m")));
        Assert.True(ResizePlanner.PodChanged(pod, OfPod("100m")));
        Assert.False(ResizePlanner.PodChanged(pod, OfPod("200m")));
    }

    [Fact]
    public void AskForTheSame_OtherResourcesOfThePod_IsFalse()
    {
        var (left, right) = (new PodBuilder().With(p => p.Spec.Resources = OfPod("1")).Build(), new PodBuilder().With(p => p.Spec.Resources = OfPod("2")).Build());

        Assert.False(ResizePlanner.AskForTheSame(left, right));
        Assert.True(ResizePlanner.AskForTheSame(ResizePlanner.WithResourcesOf(left, right), right));
    }

    private static ResourceRequirements OfPod(string cpu) => new() { Limits = { ["cpu"] = new KubeApi.Meta.Quantity { String = cpu } } };

    [Fact]
    public void WithResourcesOf_TakesTheOthersResourcesAlone()
    {
        var (desired, allocated) = (Pod("200m"), Pod("100m"));
        desired.Metadata.Labels["new"] = "yes";

        var kept = ResizePlanner.WithResourcesOf(desired, allocated);

        Assert.True(ResizePlanner.AskForTheSame(kept, allocated));
        Assert.False(ResizePlanner.AskForTheSame(desired, allocated));
        Assert.Equal("yes", kept.Metadata.Labels["new"]);
    }

    private static IEnumerable<ContainerResize> Plan(Pod pod, ResourceRequirements has) =>
        ResizePlanner.Plan(pod, new RuntimeBuilder().Sandbox().Running("a").Build(), new Dictionary<string, ResourceRequirements> { [RuntimeBuilder.Id("a")] = has });

    private static Pod Pod(string cpu) => new PodBuilder().Container("a", c => PodBuilder.Requests(c, cpu, "1Mi")).Build();

    private static ResourceRequirements Has(string cpu) => Pod(cpu).Spec.Containers[0].Resources;
}
