using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Events;

public class EventRecorderTests
{
    private static readonly ObjectReference Web = new() { Kind = "Pod", Namespace = "ns", Name = "web", Uid = "u1", ApiVersion = "v1", ResourceVersion = "7" };

    private readonly FakeTimeProvider _clock = new();
    private readonly InMemoryKubeClient _client;

    public EventRecorderTests()
    {
        _client = new InMemoryKubeClient(_clock);
    }

    [Fact]
    public async Task Core_FirstEvent_HasUpstreamsFields()
    {
        await RunAsync(Core(), r => r.Record(Web, EventType.Warning, "BackOff", "back-off"));
        var value = Assert.Single(_client.PeekAll(Resources.CoreEvents));
        Assert.Equal(("ns", "Warning", "BackOff", "back-off", 1), (value.Metadata.Namespace, value.Type, value.Reason, value.Message, value.Count));
        Assert.Equal(("kubelet", "n1", "kubelet", "n1"), (value.Source.Component, value.Source.Host, value.ReportingComponent, value.ReportingInstance));
        Assert.StartsWith("web.", value.Metadata.Name, StringComparison.Ordinal);
        Assert.Equal(Web, value.InvolvedObject);
        Assert.Equal(value.FirstTimestamp, value.LastTimestamp);
    }

    [Fact]
    public async Task Core_EqualEvents_AreCountedInOneObject()
    {
        await RunAsync(Core(), r =>
        {
            for (var i = 0; i < 3; i++)
            {
                r.Record(Web, EventType.Normal, "Pulled", "pulled");
                _clock.Advance(TimeSpan.FromSeconds(10));
            }
        });
        var value = Assert.Single(_client.PeekAll(Resources.CoreEvents));
        Assert.Equal(3, value.Count);
        Assert.Equal(20, value.LastTimestamp.Seconds - value.FirstTimestamp.Seconds);
        Assert.Equal(["create", "patch", "patch"], _client.Requests.Select(r => r.Verb));
    }

    [Fact]
    public async Task Core_SimilarEvents_AreJoinedFromTheTenthOn()
    {
        await RunAsync(Core(), r =>
        {
            for (var i = 0; i < 14; i++)
            {
                r.Record(Web, EventType.Warning, "Failed", $"try {i}");
            }
        });
        var values = _client.PeekAll(Resources.CoreEvents);
        Assert.Equal(10, values.Count);
        var joined = Assert.Single(values, v => v.Message.StartsWith("(combined from similar events): ", StringComparison.Ordinal));
        Assert.Equal("(combined from similar events): try 13", joined.Message);
        Assert.Equal(5, joined.Count);
    }

    [Fact]
    public async Task Core_NoisySource_IsHeldBackAndLetThroughLater()
    {
        var recorder = Core();
        await RunAsync(recorder, r =>
        {
            for (var i = 0; i < 40; i++)
            {
                r.Record(Web, EventType.Normal, "Pulled", "pulled");
            }

            r.Record(new ObjectReference(Web) { Uid = "u2", Name = "other" }, EventType.Normal, "Pulled", "pulled");
        });
        Assert.Equal(26, _client.Requests.Count);

        _client.ClearRequests();
        Assert.Equal(25, _client.PeekAll(Resources.CoreEvents).Max(e => e.Count));
    }

    [Fact]
    public async Task Core_ObjectForgottenByTheServer_IsCreatedAnewWithItsCount()
    {
        var recorder = Core();
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        recorder.Record(Web, EventType.Normal, "Pulled", "pulled");
        await Eventually.HoldsAsync(() => _client.PeekAll(Resources.CoreEvents).Count == 1);
        _client.Remove(Resources.CoreEvents, "ns", _client.PeekAll(Resources.CoreEvents)[0].Metadata.Name);
        recorder.Record(Web, EventType.Normal, "Pulled", "pulled");
        await Eventually.HoldsAsync(() => _client.PeekAll(Resources.CoreEvents).Count == 1);
        Assert.Equal(2, _client.PeekAll(Resources.CoreEvents)[0].Count);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task Core_NodeEvent_LivesInDefault()
    {
        await RunAsync(Core(), r => r.Record(new ObjectReference { Kind = "Node", Name = "n1", Uid = "n1" }, EventType.Normal, "NodeReady", "ready"));
        Assert.Equal("default", Assert.Single(_client.PeekAll(Resources.CoreEvents)).Metadata.Namespace);
    }

    [Fact]
    public async Task Series_EqualEvents_BecomeASeries_AndItsEndIsWritten()
    {
        var recorder = EventRecorder.ForSeries(_client, "default-scheduler", "default-scheduler-host", _clock, new Random(1), NullLogger<EventRecorder>.Instance);
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        for (var i = 0; i < 5; i++)
        {
            recorder.Record(Web, EventType.Warning, "FailedScheduling", $"0/{i} nodes", "Scheduling");
        }

        await Eventually.HoldsAsync(() => _client.Requests.Count == 2);
        var value = Assert.Single(_client.PeekAll(Resources.SeriesEvents));
        Assert.Equal(("default-scheduler", "default-scheduler-host", "Scheduling", "0/0 nodes", 2), (value.ReportingController, value.ReportingInstance, value.Action, value.Note, value.Series.Count));

        await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
        for (var i = 0; i < 7; i++)
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            await Eventually.HoldsAsync(() => _clock.WaitingTimers > 0);
        }

        await Eventually.HoldsAsync(() => _client.Requests.Count == 3);
        Assert.Equal(5, _client.PeekAll(Resources.SeriesEvents)[0].Series.Count);
        await stop.CancelAsync();
        await run;
        Assert.Equal(3, _client.Requests.Count);
    }

    [Fact]
    public async Task Series_Stopped_WritesTheCountsThatAreLeft()
    {
        var recorder = EventRecorder.ForSeries(_client, "c", "i", _clock, new Random(1), NullLogger<EventRecorder>.Instance, new EventRecorderOptions { Writers = 3 });
        await RunAsync(recorder, r =>
        {
            for (var i = 0; i < 9; i++)
            {
                r.Record(Web, EventType.Normal, "R", "m");
            }
        });
        var value = Assert.Single(_client.PeekAll(Resources.SeriesEvents));
        Assert.Equal((9, "R"), (value.Series.Count, value.Action));
    }

    [Fact]
    public async Task RunAsync_ServerDown_RetriesAndThenWrites()
    {
        var recorder = Core();
        _client.OnRequest = (_, _) => throw new IOException("connection refused");
        using var stop = new CancellationTokenSource();
        var run = recorder.RunAsync(stop.Token);
        recorder.Record(Web, EventType.Normal, "R", "m");
        for (var i = 1; i <= 4; i++)
        {
            await Eventually.HoldsAsync(() => _client.Requests.Count == i && _clock.WaitingTimers == 1);
            if (i < 4)
            {
                _clock.Advance(TimeSpan.FromSeconds(10));
            }
        }

        _client.OnRequest = null;
        _clock.Advance(TimeSpan.FromSeconds(10));
        await Eventually.HoldsAsync(() => _client.PeekAll(Resources.CoreEvents).Count == 1);
        Assert.Equal(0, recorder.Failed);
        await stop.CancelAsync();
        await run;
    }

    [Fact]
    public async Task RunAsync_ServerRefuses_IsGivenUpAtOnce()
    {
        var recorder = Core();
        _client.OnRequest = (_, _) => throw new KubeApiException("create events", HttpStatusCode.Forbidden, "Forbidden", "namespace is terminating");
        await RunAsync(recorder, r => r.Record(Web, EventType.Normal, "R", "m"));
        Assert.Equal(1, recorder.Failed);
        Assert.Single(_client.Requests);
    }

    [Fact]
    public async Task Record_QueueFull_DropsTheOldestAndCounts()
    {
        var recorder = EventRecorder.ForCore(_client, "kubelet", "n1", _clock, new Random(1), NullLogger<EventRecorder>.Instance, new EventRecorderOptions { QueueLength = 3 });
        for (var i = 0; i < 5; i++)
        {
            recorder.Record(Web, EventType.Normal, "R", $"m{i}");
        }

        Assert.Equal(2, recorder.Dropped);
        await RunAsync(recorder, _ => { });
        Assert.Equal(["m2", "m3", "m4"], _client.PeekAll(Resources.CoreEvents).Select(e => e.Message).Order());
    }

    [Theory]
    [InlineData("a", 2000, 1024)]
    [InlineData("é", 2000, 1024)]
    [InlineData("€", 2000, 1023)]
    [InlineData("😀", 2000, 1024)]
    [InlineData("x", 3, 3)]
    public void Cut_AtARuneBoundary(string unit, int times, int bytes)
    {
        var cut = EventText.Cut(string.Concat(Enumerable.Repeat(unit, times)));
        Assert.Equal(bytes, Encoding.UTF8.GetByteCount(cut));
        Assert.DoesNotContain('\uFFFD', cut);
    }

    [Fact]
    public void Name_SameTime_IsNeverTheSame()
    {
        var now = _clock.GetUtcNow();
        Assert.NotEqual(EventText.Name("web", now), EventText.Name("web", now));
        Assert.True(EventText.Name(new string('x', 250), now).Length < 253);
    }

    private EventRecorder Core() => EventRecorder.ForCore(_client, "kubelet", "n1", _clock, new Random(1), NullLogger<EventRecorder>.Instance);

    /// <summary>Records, then starts and stops the recorder: stopping writes everything.</summary>
    private static async Task RunAsync(EventRecorder recorder, Action<EventRecorder> record)
    {
        record(recorder);
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        await recorder.RunAsync(stop.Token);
    }
}
