using System.Text.Json;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Engine;

public sealed class DockerJsonTests
{
    [Fact]
    public void Filter_SameKeyTwice_IsOneList() =>
        Assert.Equal("{\"label\":[\"a=1\",\"b\"],\"id\":[\"x\"]}", DockerJson.Filter(("label", "a=1"), ("id", "x"), ("label", "b")));

    [Fact]
    public void Create_Parameters_AreInTheEnginesSpellingAndNullsAreLeftOut()
    {
        var parameters = new CreateContainerParameters { Image = "i", HostConfig = new HostConfig { MaskedPaths = [], UTSMode = "host", OomScoreAdj = 5 } };

        var json = JsonSerializer.Serialize(parameters, DockerJson.Default.CreateContainerParameters);

        Assert.Contains("\"MaskedPaths\":[]", json, StringComparison.Ordinal);
        Assert.Contains("\"UTSMode\":\"host\"", json, StringComparison.Ordinal);
        Assert.Contains("\"OomScoreAdj\":5", json, StringComparison.Ordinal);
        Assert.DoesNotContain("ReadonlyPaths", json, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_NullListsAndUnknownFields_AreRead()
    {
        var inspect = JsonSerializer.Deserialize(
            "{\"Id\":\"a\",\"Mounts\":null,\"Config\":{\"Labels\":null,\"New\":[1]},\"State\":{\"OOMKilled\":true,\"Pid\":7},\"HostConfig\":{\"PidsLimit\":null}}",
            DockerJson.Default.ContainerInspectResponse)!;

        Assert.Equal("a", inspect.ID);
        Assert.True(inspect.State!.OOMKilled);
        Assert.Equal(7, inspect.State.Pid);
    }
}
