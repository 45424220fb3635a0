using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime.Docker;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Testing;

namespace NodeAgent.ContainerRuntime.Tests.Docker.Engine;

public sealed class DockerClientTests
{
    [Theory]
    [InlineData("1.41", "/v1.41/")]
    [InlineData("1.52", "/v1.47/")]
    [InlineData("1.44", "/v1.44/")]
    public async Task AnyCall_EnginesVersion_TheOlderOfBothIsSpoken(string served, string expected)
    {
        await using var engine = new FakeDocker(line =>
            line.Contains("_ping", StringComparison.Ordinal)
                ? FakeDocker.Answer("OK").Replace("1.41", served, StringComparison.Ordinal)
                : FakeDocker.Answer("[]"));
        using var docker = Create(engine.SocketPath);

        await docker.Runtime.ListContainersAsync(null, CancellationToken.None);
        await docker.Runtime.ListContainersAsync(null, CancellationToken.None);

        Assert.Single(engine.Requests, r => r.Contains("_ping", StringComparison.Ordinal));
        Assert.Equal(2, engine.Requests.Count(r => r.Contains(expected + "containers/json", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("400 Bad Request", RuntimeErrorCode.InvalidArgument)]
    [InlineData("404 Not Found", RuntimeErrorCode.NotFound)]
    [InlineData("409 Conflict", RuntimeErrorCode.FailedPrecondition)]
    [InlineData("500 Internal Server Error", RuntimeErrorCode.Unknown)]
    [InlineData("501 Not Implemented", RuntimeErrorCode.Unimplemented)]
    [InlineData("503 Service Unavailable", RuntimeErrorCode.Unavailable)]
    public async Task StartContainer_EngineRefuses_CodeMessageAndObject(string status, RuntimeErrorCode expected)
    {
        await using var engine = new FakeDocker(line =>
            line.Contains("_ping", StringComparison.Ordinal) ? FakeDocker.Answer("OK") : FakeDocker.Answer("{\"message\":\"the engine's reason\"}", status));
        using var docker = Create(engine.SocketPath);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => docker.Runtime.StartContainerAsync("c1", CancellationToken.None));

        Assert.Equal(expected, error.Code);
        Assert.Equal("cannot start container c1: the engine's reason", error.Message);
    }

    [Fact]
    public async Task AnyCall_NoSocket_UnavailableAndNamesIt()
    {
        using var docker = Create("/nonexistent/docker.sock");

        var error = await Assert.ThrowsAsync<RuntimeException>(() => docker.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Unavailable, error.Code);
        Assert.Contains("/nonexistent/docker.sock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCall_EngineSaysNothing_DeadlineExceededAfterTheTimeout()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var engine = new FakeDocker(line =>
        {
            asked.TrySetResult();
            return null;
        });
        var time = new FakeTimeProvider();
        using var docker = Create(engine.SocketPath, time);

        var call = docker.Runtime.VersionAsync(CancellationToken.None);
        await asked.Task;
        time.Advance(TimeSpan.FromSeconds(31));

        var error = await Assert.ThrowsAsync<RuntimeException>(() => call);
        Assert.Equal(RuntimeErrorCode.DeadlineExceeded, error.Code);
        Assert.Contains("30 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyCall_CallerGivesUp_ItsOwnCancellation()
    {
        await using var engine = new FakeDocker(_ => null);
        using var docker = Create(engine.SocketPath);
        using var stop = new CancellationTokenSource();

        var call = docker.Runtime.VersionAsync(stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task AnyCall_AnswerIsNoJson_SaysSo()
    {
        await using var engine = new FakeDocker(line => FakeDocker.Answer(line.Contains("_ping", StringComparison.Ordinal) ? "OK" : "<html>"));
        using var docker = Create(engine.SocketPath);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => docker.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Internal, error.Code);
    }

    [Fact]
    public async Task PullImage_ErrorInTheStream_IsTheRegistrysAnswer()
    {
        await using var engine = new FakeDocker(line => FakeDocker.Answer(
            line.Contains("_ping", StringComparison.Ordinal)
                ? "OK"
                : "{\"status\":\"Pulling from app\"}\r\n{\"errorDetail\":{\"message\":\"manifest unknown\"},\"error\":\"manifest unknown\"}\r\n"));
        using var docker = Create(engine.SocketPath);

        var error = await Assert.ThrowsAsync<RuntimeException>(() =>
            docker.Images.PullImageAsync(new ImageSpec { Image = "r.example/app:v1@sha256:d" }, null, null, CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
        Assert.Contains("fromImage=r.example%2Fapp&tag=sha256%3Ad", engine.Requests[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_EngineClosesTheStream_Unavailable()
    {
        const string Event = "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"c1\",\"Attributes\":{\"name\":\"k8s_main_web_shop_u_0\"}},\"timeNano\":5}\n";
        await using var engine = new FakeDocker(line => FakeDocker.Answer(line.Contains("_ping", StringComparison.Ordinal) ? "OK" : Event));
        using var docker = Create(engine.SocketPath);
        var seen = new List<string>();

        var error = await Assert.ThrowsAsync<RuntimeException>(async () =>
        {
            await foreach (var e in docker.Runtime.GetContainerEventsAsync(CancellationToken.None))
            {
                seen.Add(e.ContainerId);
            }
        });

        Assert.Equal(["c1"], seen);
        Assert.Equal(RuntimeErrorCode.Unavailable, error.Code);
        Assert.Contains("since=1767323045.000000000", engine.Requests[^1], StringComparison.Ordinal);
    }

    private static DockerRuntime Create(string socketPath, TimeProvider? time = null) => new(
        new DockerOptions { SocketPath = socketPath, RequestTimeout = TimeSpan.FromSeconds(30), StateDirectory = "/nonexistent" },
        time ?? new FakeTimeProvider(), NullLoggerFactory.Instance);
}
