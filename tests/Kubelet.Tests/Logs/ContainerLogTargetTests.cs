using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Logs;

namespace NodeAgent.Kubelet.Tests.Logs;

public class ContainerLogTargetTests
{
    private static Pod PodWith(ContainerState state, ContainerState? last = null) => new()
    {
        Metadata = new ObjectMeta { Name = "web" },
        Status = new PodStatus { ContainerStatuses = { new ContainerStatus { Name = "main", ContainerID = "containerd://now", State = state, LastState = last ?? new ContainerState() } } },
    };

    private static ContainerState Terminated(string id) => new() { Terminated = new ContainerStateTerminated { ContainerID = id } };

    private static ContainerState Waiting(string reason) => new() { Waiting = new ContainerStateWaiting { Reason = reason } };

    [Fact]
    public void Choose_Running_ItsId() =>
        Assert.Equal("now", ContainerLogTarget.Choose(PodWith(new ContainerState { Running = new ContainerStateRunning() }), "main", previous: false));

    [Fact]
    public void Choose_Previous_LastId() =>
        Assert.Equal("old", ContainerLogTarget.Choose(PodWith(new ContainerState { Running = new ContainerStateRunning() }, Terminated("docker://old")), "main", previous: true));

    [Fact]
    public void Choose_CrashLoop_LastId() =>
        Assert.Equal("old", ContainerLogTarget.Choose(PodWith(Waiting("CrashLoopBackOff"), Terminated("containerd://old")), "main", previous: false));

    [Fact]
    public void Choose_TerminatedWithoutId_LastId() =>
        Assert.Equal("old", ContainerLogTarget.Choose(PodWith(Terminated(""), Terminated("containerd://old")), "main", previous: false));

    [Theory]
    [InlineData("ContainerCreating", "container \"main\" in pod \"web\" is waiting to start: ContainerCreating")]
    [InlineData("ImagePullBackOff", "container \"main\" in pod \"web\" is waiting to start: trying and failing to pull image")]
    [InlineData("ErrImagePull", "container \"main\" in pod \"web\" is waiting to start: image can't be pulled")]
    public void Choose_Waiting_SaysWhy(string reason, string expected) =>
        Assert.Equal(expected, Assert.Throws<LogRequestException>(() => ContainerLogTarget.Choose(PodWith(Waiting(reason)), "main", previous: false)).Message);

    [Fact]
    public void Choose_NoPrevious_IsSaid() => Assert.Equal(
        "previous terminated container \"main\" in pod \"web\" not found",
        Assert.Throws<LogRequestException>(() => ContainerLogTarget.Choose(PodWith(Waiting("x")), "main", previous: true)).Message);

    [Fact]
    public void Choose_NoStatus_NotAvailable() =>
        Assert.Throws<LogRequestException>(() => ContainerLogTarget.Choose(PodWith(Waiting("x")), "other", previous: false));
}
