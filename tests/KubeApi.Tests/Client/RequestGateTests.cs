using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class RequestGateTests
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
    private readonly Gate _gate = new();

    [Fact]
    public async Task CreateAsync_GateIsClosed_NothingLeaves_ReadsDo()
    {
        _gate.IsOpen = false;
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web"))));
        using var client = server.NewClient(options: Options);

        var e = await Assert.ThrowsAsync<RequestRefusedException>(() => client.CreateAsync(Resources.Pods, WireBodies.Pod("web"), _limit));
        await client.GetAsync(Resources.Pods, "default", "web", _limit);

        Assert.Equal("create pods default/web", e.Operation);
        Assert.Equal(["GET /api/v1/namespaces/default/pods/web"], server.Requests);
        Assert.Equal(["POST /api/v1/namespaces/default/pods"], _gate.Asked);
    }

    [Fact]
    public async Task CreateAsync_GateClosesBetweenAttempts_TheSecondDoesNotLeave()
    {
        await using var server = await FakeApiServer.StartAsync(context =>
        {
            _gate.IsOpen = false;
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "1";
            return Task.CompletedTask;
        });
        using var client = server.NewClient(options: Options with { Timeout = TimeSpan.FromHours(1) }, time: new InstantTimeProvider());

        await Assert.ThrowsAsync<RequestRefusedException>(() => client.CreateAsync(Resources.Pods, WireBodies.Pod("web"), _limit));

        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task CreateAsync_GateClosesBeforeTheBodyIsWritten_ServerHasNothingToCarryOut()
    {
        var bodies = 0;
        var ended = new TaskCompletionSource();
        _gate.ClosesAfter = 1;
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            try
            {
                await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
                bodies++;
            }
            finally
            {
                ended.TrySetResult();
            }
        });
        using var client = server.NewClient(options: Options);

        await Assert.ThrowsAsync<RequestRefusedException>(() => client.CreateAsync(Resources.Pods, WireBodies.Pod("web"), _limit));

        // The request's head may have left; then the server sees it break off.
        if (!server.Requests.IsEmpty)
        {
            await ended.Task.WaitAsync(_limit);
        }

        Assert.Equal(2, _gate.Asked.Count);
        Assert.Equal(0, bodies);
    }

    [Fact]
    public async Task CreateAsync_CancelledWhileUnderWay_WaitsForTheAnswerToBegin()
    {
        var (arrived, answer) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            arrived.SetResult();
            await answer.Task;
            await context.Response.WriteProtobufAsync(WireBodies.Object("v1", "Pod", WireBodies.Pod("web")), 201);
        });
        using var client = server.NewClient(options: Options);
        using var stop = new CancellationTokenSource();
        var create = client.CreateAsync(Resources.Pods, WireBodies.Pod("web"), stop.Token);
        await arrived.Task.WaitAsync(_limit);

        await stop.CancelAsync();
        Assert.False(create.IsCompleted);
        answer.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => create.WaitAsync(_limit));
    }

    [Fact]
    public async Task CreateAsync_CancelledWhileUnderWayAndGateClosed_IsCutAtOnce()
    {
        var arrived = new TaskCompletionSource();
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            arrived.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });
        using var client = server.NewClient(options: Options);
        using var stop = new CancellationTokenSource();
        var create = client.CreateAsync(Resources.Pods, WireBodies.Pod("web"), stop.Token);
        await arrived.Task.WaitAsync(_limit);

        _gate.IsOpen = false;
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => create.WaitAsync(_limit));
        Assert.False(_limit.IsCancellationRequested);
    }

    private KubeClientOptions Options => new("tests", Qps: -1, Gate: _gate);

    private sealed class Gate : IRequestGate
    {
        public bool IsOpen { get; set; } = true;

        /// <summary>After so many questions it is closed.</summary>
        public int ClosesAfter { get; set; } = int.MaxValue;

        public List<string> Asked { get; } = [];

        public TimeSpan AnswerGrace => TimeSpan.FromHours(1);

        public bool Allows(HttpMethod method, string path)
        {
            Asked.Add($"{method} {path}");
            return IsOpen && Asked.Count <= ClosesAfter;
        }
    }
}
