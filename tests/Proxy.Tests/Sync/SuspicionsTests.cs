using NodeAgent.Proxy.Sync;
using NodeAgent.Testing;

namespace NodeAgent.Proxy.Tests.Sync;

public class SuspicionsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Raise_AfterAQuietTime_ActsAtOnce() => Assert.Equal(TimeSpan.Zero, New().Raise());

    [Fact]
    public void Raise_WhileOneWaits_IsTheSame()
    {
        var suspicions = New();
        suspicions.Raise();

        Assert.Null(suspicions.Raise());
    }

    [Theory]
    [InlineData(false, 4)] // twenty times the quarter of a second, less the second that went by
    [InlineData(true, 0)]
    public void Raise_JustAfterAComparison_WaitsWhenThatFoundNothing(bool foundSomething, int seconds)
    {
        var suspicions = New();
        suspicions.Raise();
        suspicions.Acted();
        suspicions.Compared(TimeSpan.FromSeconds(0.25), foundSomething);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(seconds, suspicions.Raise()!.Value.TotalSeconds, 0.01);
    }

    [Fact]
    public void Raise_AfterALongComparison_WaitsTheLongestAtMost()
    {
        var suspicions = New();
        suspicions.Compared(TimeSpan.FromSeconds(10), foundSomething: false);

        Assert.Equal(30, suspicions.Raise()!.Value.TotalSeconds, 0.01);
    }

    private Suspicions New() => new(TimeSpan.FromSeconds(30), _time);
}
