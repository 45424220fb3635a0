using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Tests.Fakes;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class WatchTests
{
    private readonly CancellationToken _limit = new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;

    [Fact]
    public async Task WatchAsync_OfEvents_YieldsThemAndEndsWithTheServer()
    {
        byte[] frames =
        [
            .. WireBodies.PodFrame("ADDED", WireBodies.Pod("a", "1")),
            .. WireBodies.PodFrame("MODIFIED", WireBodies.Pod("a", "2")),
            .. WireBodies.PodFrame("DELETED", WireBodies.Pod("a", "3")),
            .. WireBodies.Bookmark("9"),
            .. WireBodies.Bookmark("10", endsInitialEvents: true),
        ];
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            // Byte by byte in part: frames do not come in one piece.
            for (var i = 0; i < 60; i++)
            {
                await context.Response.Body.WriteAsync(frames.AsMemory(i, 1));
                await context.Response.Body.FlushAsync();
            }

            await context.Response.Body.WriteAsync(frames.AsMemory(60));
        });

        var events = await WatchAllAsync(server, new WatchOptions("a=b", ResourceVersion: "0", Timeout: TimeSpan.FromMinutes(5)));

        Assert.Equal(
            [(WatchEventType.Added, "1", false), (WatchEventType.Modified, "2", false), (WatchEventType.Deleted, "3", false), (WatchEventType.Bookmark, "9", false), (WatchEventType.Bookmark, "10", true)],
            events.Select(e => (e.Type, e.Object.Metadata.ResourceVersion, e.InitialEventsEnd)));
        Assert.Equal("GET /api/v1/namespaces/default/pods?watch=true&labelSelector=a%3Db&resourceVersion=0&allowWatchBookmarks=true&timeoutSeconds=300", server.Requests.Single());
    }

    [Fact]
    public async Task WatchAsync_OnAnErrorEvent_ThrowsTheStatus()
    {
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(WireBodies.Frame("ERROR", WireBodies.Status(410, "Expired", "too old resource version"))));

        var e = await Assert.ThrowsAsync<KubeApiException>(() => WatchAllAsync(server, new WatchOptions()));

        Assert.True(e.IsGone);
        Assert.Contains("too old resource version", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WatchAsync_CutOffInsideAFrame_IsAConnectionFailure()
    {
        var frame = WireBodies.PodFrame("ADDED", WireBodies.Pod("a"));
        var length = 0;
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteProtobufAsync(frame[..length]));

        for (length = 1; length < frame.Length; length++)
        {
            await Assert.ThrowsAsync<KubeConnectionException>(() => WatchAllAsync(server, new WatchOptions()));
        }
    }

    [Theory]
    [InlineData("{\"type\":\"ADDED\"}")]
    [InlineData("\0\0\0\u0003abc")]
    [InlineData("\u007f\u007f\u007f\u007f")]
    public async Task WatchAsync_OfGarbage_IsAConnectionFailure(string body)
    {
        await using var server = await FakeApiServer.StartAsync(context => context.Response.WriteAsync(body));

        await Assert.ThrowsAsync<KubeConnectionException>(() => WatchAllAsync(server, new WatchOptions()));
    }

    [Fact]
    public async Task WatchAsync_Cancelled_EndsAtOnce()
    {
        await using var server = await FakeApiServer.StartAsync(async context =>
        {
            await context.Response.WriteProtobufAsync(WireBodies.PodFrame("ADDED", WireBodies.Pod("a")));
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        });
        using var client = server.NewClient();
        using var stop = new CancellationTokenSource();
        await using var events = client.WatchAsync(Resources.Pods, "default", new WatchOptions(), stop.Token).GetAsyncEnumerator(stop.Token);
        Assert.True(await events.MoveNextAsync());

        var next = events.MoveNextAsync().AsTask();
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(TimeSpan.FromSeconds(2), _limit));
    }

    private async Task<List<WatchEvent<Pod>>> WatchAllAsync(FakeApiServer server, WatchOptions options)
    {
        using var client = server.NewClient();
        var events = new List<WatchEvent<Pod>>();
        await foreach (var item in client.WatchAsync(Resources.Pods, "default", options, _limit))
        {
            events.Add(item);
        }

        return events;
    }
}
