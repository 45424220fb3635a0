using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Pods;

public class GraceClockTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Shorten_ToLess_TellsWhoWaits()
    {
        using var clock = new GraceClock(TimeSpan.FromSeconds(30), _time);
        var waiting = clock.Shortened;

        Assert.True(clock.Shorten(TimeSpan.FromSeconds(5)));

        Assert.True(waiting.IsCancellationRequested);
        Assert.False(clock.Shortened.IsCancellationRequested);
        Assert.Equal(5, clock.Remaining.TotalSeconds, 3);
    }

    [Fact]
    public void Shorten_ToMore_DoesNothing()
    {
        using var clock = new GraceClock(TimeSpan.FromSeconds(5), _time);

        Assert.False(clock.Shorten(TimeSpan.FromSeconds(30)));
        Assert.Equal(TimeSpan.FromSeconds(5), clock.Grace);
    }

    [Fact]
    public void Remaining_CountsFromTheBeginning_AndNeverBelowZero()
    {
        using var clock = new GraceClock(TimeSpan.FromSeconds(5), _time);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, clock.Remaining.TotalSeconds, 3);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(TimeSpan.Zero, clock.Remaining);
    }
}
