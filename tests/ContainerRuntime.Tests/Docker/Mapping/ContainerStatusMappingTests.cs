using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using V1State = NodeAgent.ContainerRuntime.V1.ContainerState;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Mapping;

public sealed class ContainerStatusMappingTests
{
    private const string Zero = "0001-01-01T00:00:00Z";
    private const string Started = "2026-11-21T04:00:01.5Z";
    private const string Finished = "2026-11-21T04:00:02Z";

    private static readonly Dictionary<string, ContainerState> States = new()
    {
        ["created"] = new ContainerState { StartedAt = Zero, FinishedAt = Zero },
        ["running"] = new ContainerState { Running = true, StartedAt = Started, FinishedAt = Zero },
        ["completed"] = new ContainerState { StartedAt = Started, FinishedAt = Finished },
        ["failed"] = new ContainerState { StartedAt = Started, FinishedAt = Finished, ExitCode = 3 },
        ["killed for memory"] = new ContainerState { StartedAt = Started, FinishedAt = Finished, ExitCode = 137, OOMKilled = true },
        ["cannot run"] = new ContainerState { StartedAt = Zero, FinishedAt = Zero, ExitCode = 127, Error = "no such file" },
    };

    [Theory]
    [InlineData("created", V1State.ContainerCreated, 0, "", "")]
    [InlineData("running", V1State.ContainerRunning, 0, "", "")]
    [InlineData("completed", V1State.ContainerExited, 0, "Completed", "")]
    [InlineData("failed", V1State.ContainerExited, 3, "Error", "")]
    [InlineData("killed for memory", V1State.ContainerExited, 137, "OOMKilled", "")]
    [InlineData("cannot run", V1State.ContainerExited, 128, "ContainerCannotRun", "no such file")]
    public void FromInspect_State_IsCris(string name, V1State expected, int exitCode, string reason, string message)
    {
        var status = ContainerStatusMapping.FromInspect(Inspect(States[name]), null);

        Assert.Equal(expected, status.State);
        Assert.Equal(exitCode, status.ExitCode);
        Assert.Equal(reason, status.Reason);
        Assert.Equal(message, status.Message);
    }

    [Theory]
    [InlineData("failed", "OOMKilled")]
    [InlineData("running", "")]
    [InlineData("cannot run", "ContainerCannotRun")]
    public void FromInspect_MemoryRanOutUnknownToTheState_IsTheReasonOfAnEnd(string name, string reason) =>
        Assert.Equal(reason, ContainerStatusMapping.FromInspect(Inspect(States[name]), null, outOfMemory: true).Reason);

    [Fact]
    public void FromInspect_CannotRun_TimesAreThoseOfItsCreation()
    {
        var status = ContainerStatusMapping.FromInspect(Inspect(new ContainerState { StartedAt = Zero, FinishedAt = Zero, ExitCode = 127 }), null);

        Assert.True(status.CreatedAt > 0);
        Assert.Equal((status.CreatedAt, status.CreatedAt), (status.StartedAt, status.FinishedAt));
    }

    [Fact]
    public void FromInspect_RestartedContainer_HasNoEndOfTheTimeBefore()
    {
        var status = ContainerStatusMapping.FromInspect(Inspect(new ContainerState { Running = true, StartedAt = Finished, FinishedAt = Started }), null);

        Assert.Equal(0, status.FinishedAt);
    }

    [Fact]
    public void FromInspect_Image_NameAsTheUserWroteItAndReferenceByDigest()
    {
        var image = new ImageInspectResponse { ID = "sha256:1", RepoTags = ["nginx:1"], RepoDigests = ["nginx@sha256:d"] };
        var container = Inspect(new ContainerState());

        var byId = ContainerStatusMapping.FromInspect(container with { Config = new Config { Image = "sha256:1" } }, image);
        var asked = ContainerStatusMapping.FromInspect(
            container with { Config = new Config { Image = "sha256:1", Labels = new Dictionary<string, string> { [DockerLabels.UserImage] = "docker.io/nginx:1" } } }, image);
        var gone = ContainerStatusMapping.FromInspect(container, null);

        Assert.Equal(("nginx:1", "nginx@sha256:d", "sha256:1"), (byId.Image.Image, byId.ImageRef, byId.ImageId));
        Assert.Equal("docker.io/nginx:1", asked.Image.Image);
        Assert.Equal("sha256:1", gone.ImageRef);
    }

    [Theory]
    [InlineData("created", V1State.ContainerCreated)]
    [InlineData("running", V1State.ContainerRunning)]
    [InlineData("paused", V1State.ContainerRunning)]
    [InlineData("exited", V1State.ContainerExited)]
    [InlineData("dead", V1State.ContainerExited)]
    [InlineData("restarting", V1State.ContainerUnknown)]
    public void FromList_State_IsCris(string state, V1State expected)
    {
        var container = ContainerStatusMapping.FromList(new ContainerListResponse { ID = "a", Names = ["/link/x", "/k8s_main_web_shop_u_4"], State = state, Created = 5 })!;

        Assert.Equal(expected, container.State);
        Assert.Equal(4u, container.Metadata.Attempt);
        Assert.Equal(5_000_000_000, container.CreatedAt);
    }

    [Fact]
    public void FromList_SomebodysContainer_IsLeftOut() => Assert.Null(ContainerStatusMapping.FromList(new ContainerListResponse { Names = ["/nginx"] }));

    private static ContainerInspectResponse Inspect(ContainerState state) => new()
    {
        ID = "a",
        Name = "/k8s_main_web_shop_u-1_2",
        Created = "2026-11-21T04:00:00.000000001Z",
        Image = "sha256:1",
        State = state,
        Config = new Config { Image = "nginx:1" },
    };
}
