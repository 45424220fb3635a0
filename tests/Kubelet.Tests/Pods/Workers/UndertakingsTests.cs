using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Pods.Workers;

public class UndertakingsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Overdue_WhatTakesLongerThanExpected_IsThereUntilItEnds()
    {
        var undertakings = new Undertakings(_time);
        var work = new TaskCompletionSource<int>();
        var watched = undertakings.WatchAsync("setting up its volumes", TimeSpan.FromSeconds(10), () => work.Task);

        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Empty(undertakings.Overdue);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("setting up its volumes", Assert.Single(undertakings.Overdue).What);

        work.SetResult(5);
        Assert.Equal(5, await watched);
        Assert.Empty(undertakings.Overdue);
    }

    [Fact]
    public async Task Watch_WorkThatFails_IsOver_AndItsErrorIsTold()
    {
        var undertakings = new Undertakings(_time);

        await Assert.ThrowsAsync<IOException>(() => undertakings.WatchAsync("asking", TimeSpan.Zero, () => Task.FromException(new IOException("no"))));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(undertakings.Overdue);
    }
}
