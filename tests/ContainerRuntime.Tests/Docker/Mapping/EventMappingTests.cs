using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class EventMappingTests
{
    [Theory]
    [InlineData("create", ContainerEventType.ContainerCreatedEvent)]
    [InlineData("start", ContainerEventType.ContainerStartedEvent)]
    [InlineData("die", ContainerEventType.ContainerStoppedEvent)]
    [InlineData("oom", ContainerEventType.ContainerStoppedEvent)]
    [InlineData("destroy", ContainerEventType.ContainerDeletedEvent)]
    public void FromDocker_Action_IsCrisType(string action, ContainerEventType expected)
    {
        var happened = EventMapping.FromDocker(Message(action, "k8s_main_web_shop_u-1_0"))!;

        Assert.Equal(expected, happened.ContainerEventType);
        Assert.Equal("c1", happened.ContainerId);
        Assert.Equal(42, happened.CreatedAt);
        Assert.Equal("pod1", happened.PodSandboxStatus.Id);
        Assert.Equal("u-1", happened.PodSandboxStatus.Metadata.Uid);
    }

    [Theory]
    [InlineData("exec_start: sh", "k8s_main_web_shop_u-1_0")]
    [InlineData("start", "nginx")]
    public void FromDocker_OtherThings_AreLeftOut(string action, string name) => Assert.Null(EventMapping.FromDocker(Message(action, name)));

    private static Message Message(string action, string name) => new()
    {
        Action = action,
        TimeNano = 42,
        Actor = new Actor { ID = "c1", Attributes = new Dictionary<string, string> { ["name"] = name, [DockerLabels.SandboxId] = "pod1" } },
    };
}
