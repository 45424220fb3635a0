using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Containers;

public sealed class OutOfMemoryRecordTests
{
    private readonly OutOfMemoryRecord _record = new();

    [Fact]
    public void Take_MemoryRanOut_IsKnownUntilTheContainerIsGone()
    {
        _record.Take(Message("die", "c1"));
        Assert.False(_record.Contains("c1"));

        _record.Take(Message("oom", "c1"));
        Assert.True(_record.Contains("c1"));
        Assert.False(_record.Contains("c2"));

        _record.Take(Message("destroy", "c1"));
        Assert.False(_record.Contains("c1"));
    }

    [Fact]
    public void Take_NoContainerNamed_IsLeftOut()
    {
        _record.Take(new Message { Action = "oom" });

        Assert.False(_record.Contains(""));
    }

    private static Message Message(string action, string id) => new() { Action = action, Actor = new Actor { ID = id } };
}
