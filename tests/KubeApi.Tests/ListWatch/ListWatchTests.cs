using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.ListWatch;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.ListWatch;

public sealed class ListWatchTests
{
    private readonly InstantTimeProvider _time = new();
    private readonly CollectingLogger _log = new();
    private readonly Queue<Func<HttpContext, Task>> _lists = new();
    private readonly Queue<Func<HttpContext, Task>> _watches = new();

    [Fact]
    public async Task RunAsync_OverPagesAndEvents_TellsTheSinkInOrder()
    {
        _lists.Enqueue(List("10", "next", WireBodies.Pod("a")));
        _lists.Enqueue(List("11", null, WireBodies.Pod("b")));
        _watches.Enqueue(Watch(WireBodies.PodFrame("ADDED", WireBodies.Pod("c", "12")), WireBodies.PodFrame("DELETED", WireBodies.Pod("a", "13")), WireBodies.Bookmark("20")));

        var (calls, requests) = await RunAsync(3, 4);

        Assert.Equal(["list a@1,b@1", "Added c@12", "Deleted a@13"], calls);
        Assert.Equal("GET /api/v1/pods?limit=500&resourceVersion=0", requests[0]);
        Assert.Equal("GET /api/v1/pods?limit=500&continue=next", requests[1]);
        Assert.Contains("resourceVersion=11&", requests[2], StringComparison.Ordinal);
        Assert.Contains("resourceVersion=20&", requests[3], StringComparison.Ordinal);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task RunAsync_WithAWatchTimeout_AsksForFiveToTenMinutes()
    {
        _lists.Enqueue(List("10", null));

        var (_, requests) = await RunAsync(1, 2);

        var seconds = int.Parse(requests[1].Split("timeoutSeconds=")[1].Split('&')[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(seconds, 300, 600);
    }

    [Fact]
    public async Task RunAsync_WhenTheWatchBreaks_ResumesFromTheLastRevision()
    {
        _lists.Enqueue(List("10", null, WireBodies.Pod("a")));
        _watches.Enqueue(Watch(WireBodies.PodFrame("MODIFIED", WireBodies.Pod("a", "15")), [0, 0]));
        _watches.Enqueue(Watch(WireBodies.PodFrame("MODIFIED", WireBodies.Pod("a", "16"))));

        var (calls, requests) = await RunAsync(3, 3);

        Assert.Equal(["list a@1", "Modified a@15", "Modified a@16"], calls);
        Assert.Contains("resourceVersion=15&", requests[2], StringComparison.Ordinal);
        Assert.Single(_time.Pauses);
        Assert.Equal(
            ["Debug: Listed 1 pods", "Warning: pods are not up to date, trying on: watch pods", "Information: pods are listed and watched again"],
            _log.Lines.Select(l => l.Split(" at ")[0].Split(" from ")[0]));
    }

    [Fact]
    public async Task RunAsync_WhenTheServerComesBackOlder_ListsAnew()
    {
        _lists.Enqueue(List("10", null, WireBodies.Pod("a")));
        _watches.Enqueue(Watch(WireBodies.PodFrame("ADDED", WireBodies.Pod("b", "15")), [0, 0]));
        _watches.Enqueue(Watch([0, 0]));
        _lists.Enqueue(List("12", null, WireBodies.Pod("a")));
        _lists.Enqueue(List("12", null, WireBodies.Pod("a")));

        var (calls, requests) = await RunAsync(3, 6);

        Assert.Equal(["list a@1", "Added b@15", "list a@1"], calls);
        Assert.Equal("GET /api/v1/pods?limit=1", requests[3]);
        Assert.Contains("resourceVersion=12&", requests[5], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_OnGone_ListsAnewFromNoOlderThanSeen()
    {
        _lists.Enqueue(List("10", null, WireBodies.Pod("a")));
        _watches.Enqueue(Watch(WireBodies.Frame("ERROR", WireBodies.Status(410, "Expired", "too old"))));
        _lists.Enqueue(List("30", null, WireBodies.Pod("b")));

        var (calls, requests) = await RunAsync(2, 4);

        Assert.Equal(["list a@1", "list b@1"], calls);
        Assert.Equal("GET /api/v1/pods?resourceVersion=10", requests[2]);
        Assert.Contains("resourceVersion=30&", requests[3], StringComparison.Ordinal);
        Assert.Empty(_time.Pauses);
    }

    [Fact]
    public async Task RunAsync_WhenTheRevisionIsGoneFromListsToo_TakesTheNewest()
    {
        _lists.Enqueue(List("10", null, WireBodies.Pod("a")));
        _watches.Enqueue(Fail(410, "Expired"));
        _lists.Enqueue(Fail(504, "Timeout", "Too large resource version: 10, current: 3"));
        _lists.Enqueue(List("3", null, WireBodies.Pod("b")));

        var (calls, requests) = await RunAsync(2, 5);

        Assert.Equal(["list a@1", "list b@1"], calls);
        Assert.Equal("GET /api/v1/pods?limit=500", requests[3]);
    }

    [Fact]
    public async Task RunAsync_WhenAPageHasExpired_ListsAllAtOnce()
    {
        _lists.Enqueue(List("10", "next", WireBodies.Pod("a")));
        _lists.Enqueue(Fail(410, "Expired"));
        _lists.Enqueue(List("12", null, WireBodies.Pod("a"), WireBodies.Pod("b")));

        var (calls, requests) = await RunAsync(1, 4);

        Assert.Equal(["list a@1,b@1"], calls);
        Assert.Equal("GET /api/v1/pods", requests[2]);
    }

    [Fact]
    public async Task RunAsync_WhileTheServerFails_PausesLongerAndLogsOncePerState()
    {
        for (var i = 0; i < 5; i++)
        {
            _lists.Enqueue(Fail(500, "InternalError"));
        }

        _lists.Enqueue(Fail(403, "Forbidden"));
        _lists.Enqueue(Fail(403, "Forbidden"));
        _lists.Enqueue(List("10", null));

        var (calls, _) = await RunAsync(1, 8);

        Assert.Equal(["list "], calls);
        Assert.Equal(["Warning", "Warning", "Information", "Debug"], _log.Lines.Select(l => l.Split(':')[0]));
        var pauses = _time.Pauses.Select(p => p.TotalSeconds).ToList();
        Assert.Equal(7, pauses.Count);
        Assert.InRange(pauses[0], 0.8, 1.6);
        Assert.InRange(pauses[6], 30, 60);
    }

    [Fact]
    public async Task RunAsync_WhenAListIsCutOffInTheMiddle_ListsAgain()
    {
        var whole = WireBodies.PodList("10", null, WireBodies.Pod("a"), WireBodies.Pod("b"));
        _lists.Enqueue(context => context.Response.WriteProtobufAsync(whole[..(whole.Length / 2)]));
        _lists.Enqueue(context => context.Response.WriteProtobufAsync(whole));

        var (calls, _) = await RunAsync(1, 2);

        Assert.Equal(["list a@1,b@1"], calls);
    }

    [Fact]
    public async Task RunAsync_WhenAWatchIsPutOff_WaitsAsLongAsTheServerAsks()
    {
        _lists.Enqueue(List("10", null));
        _watches.Enqueue(context =>
        {
            context.Response.Headers.RetryAfter = "17";
            return context.Response.WriteProtobufAsync(WireBodies.Status(429, "TooManyRequests", "later"), 429);
        });

        await RunAsync(1, 3);

        Assert.Equal(TimeSpan.FromSeconds(17), Assert.Single(_time.Pauses));
    }

    [Fact]
    public async Task RunAsync_WhenWatchesEndAtOnce_Pauses()
    {
        _lists.Enqueue(List("10", null));
        _watches.Enqueue(Watch());
        _watches.Enqueue(Watch());

        await RunAsync(1, 4);

        Assert.Equal(2, _time.Pauses.Count);
    }

    [Fact]
    public async Task RunAsync_OnAServerWithWatchList_StreamsTheList()
    {
        _watches.Enqueue(Watch(
            WireBodies.PodFrame("ADDED", WireBodies.Pod("a", "3")),
            WireBodies.PodFrame("ADDED", WireBodies.Pod("b", "4")),
            WireBodies.Bookmark("10", endsInitialEvents: true),
            WireBodies.PodFrame("MODIFIED", WireBodies.Pod("a", "11"))));

        var (calls, requests) = await RunAsync(2, 2, "v1.36.2");

        Assert.Equal(["list a@3,b@4", "Modified a@11"], calls);
        Assert.Contains("sendInitialEvents=true&resourceVersionMatch=NotOlderThan", requests[0], StringComparison.Ordinal);
        Assert.Contains("resourceVersion=11&", requests[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_WhenTheStreamedListBreaks_ShowsNoHalfList()
    {
        _watches.Enqueue(Watch(WireBodies.PodFrame("ADDED", WireBodies.Pod("a", "3"))));
        _watches.Enqueue(Watch(WireBodies.PodFrame("ADDED", WireBodies.Pod("b", "4")), WireBodies.Bookmark("10", endsInitialEvents: true)));

        var (calls, _) = await RunAsync(1, 3, "v1.36.2");

        Assert.Equal(["list b@4"], calls);
    }

    [Fact]
    public async Task RunAsync_WhenWatchListIsRefused_Lists()
    {
        _watches.Enqueue(Fail(422, "Invalid", "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled"));
        _lists.Enqueue(List("10", null, WireBodies.Pod("a")));

        var (calls, requests) = await RunAsync(1, 3, "v1.36.2");

        Assert.Equal(["list a@1"], calls);
        Assert.Equal("GET /api/v1/pods?limit=500&resourceVersion=0", requests[1]);
    }

    private static Func<HttpContext, Task> List(string resourceVersion, string? continueToken, params Pod[] pods) =>
        context => context.Response.WriteProtobufAsync(WireBodies.PodList(resourceVersion, continueToken, pods));

    private static Func<HttpContext, Task> Watch(params byte[][] frames) => context => context.Response.WriteProtobufAsync([.. frames.SelectMany(f => f)]);

    private static Func<HttpContext, Task> Fail(int code, string reason, string message = "no") =>
        context => context.Response.WriteProtobufAsync(WireBodies.Status(code, reason, message), code);

    /// <summary>Runs until the sink has been called and the server been asked that many times. Watches that nothing was said about stay open.</summary>
    private async Task<(List<string> Calls, string[] Requests)> RunAsync(int calls, int requests, string version = "v1.20.2")
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var asked = new List<string>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            if (!context.Request.Path.Value!.EndsWith("pods", StringComparison.Ordinal))
            {
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync(context.Request.Path == "/version" ? $$"""{"gitVersion":"{{version}}"}""" : """{"items":[]}""");
                return;
            }

            lock (asked)
            {
                asked.Add($"GET {context.Request.Path}{context.Request.QueryString}");
                if (asked.Count == requests)
                {
                    enough.TrySetResult();
                }
            }

            var script = context.Request.Query.ContainsKey("watch") ? _watches : _lists;
            if (script.TryDequeue(out var answer))
            {
                await answer(context);
            }
            else
            {
                await context.Response.Body.FlushAsync();
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            }
        });
        using var client = server.NewClient();
        var sink = new RecordingSink(calls);
        var listWatch = new ListWatch<Pod>(client, Resources.Pods, new ListWatchOptions(), _log, _time, new Random(7));

        var running = listWatch.RunAsync(sink, stop.Token);
        await Task.WhenAny(Task.WhenAll(sink.Done, enough.Task), running);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(5)));
        lock (asked)
        {
            Assert.True(sink.Done.IsCompleted && enough.Task.IsCompleted, $"calls: {string.Join("; ", sink.Calls)}\nrequests: {string.Join("\n", asked)}\nlog: {string.Join("\n", _log.Lines)}");
            return (sink.Calls, [.. asked]);
        }
    }
}
