using NodeAgent.ContainerRuntime.Cri;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Testing;

namespace NodeAgent.ContainerRuntime.Tests.Cri;

public class CriClientTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CriClient Connect(FakeEngine engine, TimeProvider? time = null, int? maxMessageBytes = null) => new(
        new CriOptions { RuntimeEndpoint = engine.Endpoint, MaxMessageBytes = maxMessageBytes ?? CriOptions.DefaultMaxMessageBytes },
        time ?? TimeProvider.System);

    [Fact]
    public async Task Unary_EngineAnswers_MessageGoesBothWays()
    {
        await using var engine = await FakeEngine.StartAsync();
        string? path = null;
        PodSandboxConfig? seen = null;
        string? timeout = null;
        engine.On("RunPodSandbox", async context =>
        {
            path = context.Request.Path;
            timeout = context.Request.Headers["grpc-timeout"];
            seen = (await FakeEngine.ReadMessageAsync(context, RunPodSandboxRequest.Parser)).Config;
            await FakeEngine.WriteMessageAsync(context, new RunPodSandboxResponse { PodSandboxId = "abc" });
            FakeEngine.EndWith(context, 0, null);
        });
        using var client = Connect(engine);

        var id = await client.Runtime.RunPodSandboxAsync(new PodSandboxConfig { Hostname = "web-0" }, "", CancellationToken.None);

        Assert.Equal("abc", id);
        Assert.Equal("/runtime.v1.RuntimeService/RunPodSandbox", path);
        Assert.Equal("web-0", seen?.Hostname);
        Assert.Equal("240000m", timeout);
    }

    [Theory]
    [InlineData(2, RuntimeErrorCode.Unknown)]
    [InlineData(3, RuntimeErrorCode.InvalidArgument)]
    [InlineData(4, RuntimeErrorCode.DeadlineExceeded)]
    [InlineData(5, RuntimeErrorCode.NotFound)]
    [InlineData(6, RuntimeErrorCode.AlreadyExists)]
    [InlineData(7, RuntimeErrorCode.PermissionDenied)]
    [InlineData(8, RuntimeErrorCode.ResourceExhausted)]
    [InlineData(9, RuntimeErrorCode.FailedPrecondition)]
    [InlineData(12, RuntimeErrorCode.Unimplemented)]
    [InlineData(13, RuntimeErrorCode.Internal)]
    [InlineData(14, RuntimeErrorCode.Unavailable)]
    [InlineData(99, RuntimeErrorCode.Unknown)]
    public async Task Unary_EngineRefuses_CodeAndDecodedMessage(int code, RuntimeErrorCode expected)
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Refuse("ContainerStatus", code, "no container %22x%22 %E2%82%AC 100%");
        using var client = Connect(engine);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.ContainerStatusAsync("x", false, CancellationToken.None));

        Assert.Equal(expected, error.Code);
        Assert.Equal("ContainerStatus: no container \"x\" € 100%", error.Message);
    }

    [Fact]
    public async Task Unary_StatusAfterMessage_TrailersWin()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.On("Version", async context =>
        {
            await FakeEngine.WriteMessageAsync(context, new VersionResponse());
            FakeEngine.EndWith(context, 13, "late");
        });
        using var client = Connect(engine);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Internal, error.Code);
    }

    [Fact]
    public async Task Unary_StreamEndsWithoutStatus_Unavailable()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.On("Version", context => FakeEngine.WriteMessageAsync(context, new VersionResponse()));
        using var client = Connect(engine);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Unavailable, error.Code);
    }

    [Fact]
    public async Task Unary_MessageOverLimit_ResourceExhausted()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Answer("Version", new VersionResponse { RuntimeName = new string('x', 2000) });
        using var client = Connect(engine, maxMessageBytes: 1024);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.ResourceExhausted, error.Code);
    }

    [Fact]
    public async Task Unary_MessageOf8MiB_IsTaken()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Answer("Version", new VersionResponse { RuntimeName = new string('x', 8 << 20) });
        using var client = Connect(engine);

        Assert.Equal(8 << 20, (await client.Runtime.VersionAsync(CancellationToken.None)).RuntimeName.Length);
    }

    [Fact]
    public async Task Unary_CompressedMessage_Internal()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.On("Version", context => FakeEngine.WriteRawAsync(context, 1, [1, 2, 3]));
        using var client = Connect(engine);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Internal, error.Code);
    }

    [Fact]
    public async Task Unary_HungCall_EndsAtDeadlineAndDelaysNoOther()
    {
        await using var engine = await FakeEngine.StartAsync();
        var arrived = new TaskCompletionSource();
        engine.On("Status", async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        engine.Answer("Version", new VersionResponse { RuntimeName = "fake" });
        var time = new FakeTimeProvider();
        using var client = Connect(engine, time);

        var hung = client.Runtime.StatusAsync(false, CancellationToken.None);
        await arrived.Task.WaitAsync(Patience);
        var version = await client.Runtime.VersionAsync(CancellationToken.None).WaitAsync(Patience);
        Assert.False(hung.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(2));
        var error = await Assert.ThrowsAsync<RuntimeException>(() => hung.WaitAsync(Patience));

        Assert.Equal("fake", version.RuntimeName);
        Assert.Equal(RuntimeErrorCode.DeadlineExceeded, error.Code);
        Assert.Contains(engine.SocketPath, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_ManyHungCalls_OneMoreIsAnswered()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.On("Status", context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        engine.Answer("Version", new VersionResponse { RuntimeName = "fake" });
        using var client = Connect(engine);
        using var giveUp = new CancellationTokenSource();

        // Kestrel takes 100 streams on a connection.
        var hung = Enumerable.Range(0, 250).Select(_ => client.Runtime.StatusAsync(false, giveUp.Token)).ToArray();
        var version = await client.Runtime.VersionAsync(CancellationToken.None).WaitAsync(Patience);
        await giveUp.CancelAsync();

        Assert.Equal("fake", version.RuntimeName);
        foreach (var call in hung)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
        }
    }

    [Fact]
    public async Task Unary_CallerCancels_OperationCanceledAndEngineIsTold()
    {
        await using var engine = await FakeEngine.StartAsync();
        var arrived = new TaskCompletionSource();
        var told = new TaskCompletionSource();
        engine.On("Status", async context =>
        {
            using var registration = context.RequestAborted.Register(told.SetResult);
            arrived.SetResult();
            await told.Task;
        });
        using var client = Connect(engine);
        using var cancel = new CancellationTokenSource();

        var call = client.Runtime.StatusAsync(false, cancel.Token);
        await arrived.Task.WaitAsync(Patience);
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.WaitAsync(Patience));
        await told.Task.WaitAsync(Patience);
    }

    [Fact]
    public async Task Unary_NoSocket_UnavailableWithPathThenRecovers()
    {
        var path = FakeEngine.NewSocketPath();
        using var client = new CriClient(new CriOptions { RuntimeEndpoint = "unix://" + path }, TimeProvider.System);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));
        await using var engine = await FakeEngine.StartAsync(path);
        engine.Answer("Version", new VersionResponse { RuntimeName = "fake" });
        var version = await client.Runtime.VersionAsync(CancellationToken.None);

        Assert.Equal(RuntimeErrorCode.Unavailable, error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal("fake", version.RuntimeName);
    }

    [Fact]
    public async Task Unary_EngineDiesDuringCall_UnavailableThenRecovers()
    {
        await using var engine = await FakeEngine.StartAsync();
        var arrived = new TaskCompletionSource();
        engine.On("Status", async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        engine.Answer("Version", new VersionResponse { RuntimeName = "fake" });
        using var client = Connect(engine);

        var call = client.Runtime.StatusAsync(false, CancellationToken.None);
        await arrived.Task.WaitAsync(Patience);
        await engine.StopAsync();
        var error = await Assert.ThrowsAsync<RuntimeException>(() => call.WaitAsync(Patience));
        var gone = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.VersionAsync(CancellationToken.None));
        await engine.StartAgainAsync();
        var version = await client.Runtime.VersionAsync(CancellationToken.None);

        Assert.Equal(RuntimeErrorCode.Unavailable, error.Code);
        Assert.Equal(RuntimeErrorCode.Unavailable, gone.Code);
        Assert.Equal("fake", version.RuntimeName);
    }

    [Fact]
    public async Task ExecSync_DeadlineExceeded_Timeout()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Refuse("ExecSync", 4, "timeout 1s exceeded");
        using var client = Connect(engine);

        await Assert.ThrowsAsync<TimeoutException>(() =>
            client.Runtime.ExecSyncAsync("x", ["sleep", "9"], TimeSpan.FromSeconds(1), CancellationToken.None));
    }

    [Fact]
    public async Task StopAndRemove_NotFound_CountAsDone()
    {
        await using var engine = await FakeEngine.StartAsync();
        foreach (var method in new[] { "StopPodSandbox", "RemovePodSandbox", "StopContainer", "RemoveContainer", "RemoveImage" })
        {
            engine.Refuse(method, 5, "not found");
        }

        using var client = Connect(engine);

        await client.Runtime.StopContainerAsync("x", TimeSpan.Zero, CancellationToken.None);
        await client.Runtime.RemoveContainerAsync("x", CancellationToken.None);
        await client.Runtime.StopPodSandboxAsync("x", CancellationToken.None);
        await client.Runtime.RemovePodSandboxAsync("x", CancellationToken.None);
        await client.Images.RemoveImageAsync(new ImageSpec { Image = "x" }, CancellationToken.None);
    }

    [Fact]
    public async Task ImageStatus_EngineHasNone_Null()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Answer("ImageStatus", new ImageStatusResponse());
        using var client = Connect(engine);

        Assert.Null(await client.Images.ImageStatusAsync(new ImageSpec { Image = "x" }, CancellationToken.None));
    }

    [Fact]
    public async Task CgroupDriver_Unimplemented_Null()
    {
        await using var engine = await FakeEngine.StartAsync();
        using var client = Connect(engine);

        Assert.Null(await client.Runtime.CgroupDriverAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Exec_AddressIsNoUrl_Internal()
    {
        await using var engine = await FakeEngine.StartAsync();
        engine.Answer("Exec", new ExecResponse { Url = "/exec/abc" });
        using var client = Connect(engine);

        var error = await Assert.ThrowsAsync<RuntimeException>(() => client.Runtime.ExecAsync(new ExecRequest(), CancellationToken.None));

        Assert.Equal(RuntimeErrorCode.Internal, error.Code);
    }

    [Theory]
    [InlineData("127.0.0.1:5000", "https://127.0.0.1:5000")]
    [InlineData("http://registry", "http://registry")]
    [InlineData("", "")]
    public async Task PullImage_ServerAddress_HasAScheme(string given, string expected)
    {
        await using var engine = await FakeEngine.StartAsync();
        string? sent = null;
        engine.On("PullImage", async context =>
        {
            sent = (await FakeEngine.ReadMessageAsync(context, PullImageRequest.Parser)).Auth.ServerAddress;
            await FakeEngine.WriteMessageAsync(context, new PullImageResponse { ImageRef = "sha256:1" });
            FakeEngine.EndWith(context, 0, null);
        });
        using var client = Connect(engine);

        await client.Images.PullImageAsync(new ImageSpec { Image = "x" }, new AuthConfig { ServerAddress = given }, null, CancellationToken.None);

        Assert.Equal(expected, sent);
    }
}
