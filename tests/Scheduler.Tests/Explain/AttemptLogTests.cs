using NodeAgent.Scheduler.Explain;

namespace NodeAgent.Scheduler.Tests.Explain;

public sealed class AttemptLogTests
{
    [Fact]
    public void Add_MoreAttemptsThanAreKept_DropsTheOldest()
    {
        var log = new AttemptLog(attemptsPerPod: 2);
        for (var i = 1; i <= 3; i++)
        {
            log.Add("a", Attempt(i));
        }

        Assert.Equal([2, 3], log.Of("a").Select(a => a.Number));
    }

    [Fact]
    public void Add_MorePodsThanAreKept_DropsThoseTriedLongestAgo()
    {
        var log = new AttemptLog(maxPods: 2);
        log.Add("a", Attempt(1));
        log.Add("b", Attempt(1));
        log.Add("a", Attempt(2));
        log.Add("c", Attempt(1));

        Assert.Equal((2, 2, 0, 1), (log.Count, log.Of("a").Count, log.Of("b").Count, log.Of("c").Count));
    }

    [Fact]
    public void Add_SameMessageAgain_KeepsItsTextOnce()
    {
        var log = new AttemptLog();
        log.Add("a", Attempt(1, new string('x', 5)));
        log.Add("a", Attempt(2, new string('x', 5)));

        Assert.Same(log.Of("a")[0].Message, log.Of("a")[1].Message);
    }

    [Fact]
    public void Remove_Pod_ForgetsIt()
    {
        var log = new AttemptLog();
        log.Add("a", Attempt(1));
        log.Remove("a");

        Assert.Equal((0, 0), (log.Count, log.Of("a").Count));
    }

    private static AttemptRecord Attempt(int number, string? message = null) => new(DateTimeOffset.UnixEpoch, number, "unschedulable", TimeSpan.Zero, null, message, []);
}
