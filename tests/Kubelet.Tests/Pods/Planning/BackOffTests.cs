using NodeAgent.Kubelet.Pods.Planning;

namespace NodeAgent.Kubelet.Tests.Pods.Planning;

public class BackOffTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Next_OfAContainerThatAlwaysDiesAtOnce_DoublesTo300Seconds()
    {
        BackOff? backOff = null;
        var now = Start;
        List<double> delays = [];
        for (var i = 0; i < 8; i++)
        {
            backOff = BackOff.Next(backOff, now, now, BackOffLimits.Crash);
            delays.Add(backOff.Value.Delay.TotalSeconds);
            now += backOff.Value.Delay;
        }

        Assert.Equal([10, 20, 40, 80, 160, 300, 300, 300], delays);
    }

    [Fact]
    public void WaitUntil_FirstFailure_IsAtOnce() => Assert.Null(BackOff.WaitUntil(null, Start, Start, BackOffLimits.Crash));

    [Fact]
    public void WaitUntil_CountsFromTheFailure_NotFromTheLastTry()
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(40), Start);
        var failed = Start + TimeSpan.FromMinutes(5);

        Assert.Equal(failed + TimeSpan.FromSeconds(40), BackOff.WaitUntil(backOff, failed, failed, BackOffLimits.Crash));
        Assert.Null(BackOff.WaitUntil(backOff, failed, failed + TimeSpan.FromSeconds(40), BackOffLimits.Crash));
    }

    [Theory]
    [InlineData(600, 80)]
    [InlineData(601, 10)]
    public void Next_AfterRunningThatLong_StartsAgainOnlyBeyondTenMinutes(int seconds, int expected)
    {
        var backOff = new BackOff(TimeSpan.FromSeconds(40), Start);
        var failed = Start + TimeSpan.FromSeconds(seconds);

        Assert.Equal(expected, BackOff.Next(backOff, failed, failed, BackOffLimits.Crash).Delay.TotalSeconds);
    }
}
