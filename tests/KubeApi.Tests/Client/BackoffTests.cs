using NodeAgent.KubeApi.Client;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class BackoffTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Next_AgainAndAgain_GrowsToTheCapWithJitter()
    {
        var backoff = new Backoff(BackoffOptions.ListWatch, _time, new Random(1));

        foreach (var seconds in (double[])[0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30])
        {
            Assert.InRange(backoff.Next().TotalSeconds, seconds, 2 * seconds);
        }
    }

    [Fact]
    public void Next_AfterAQuietTime_StartsAnew()
    {
        var backoff = new Backoff(BackoffOptions.ListWatch, _time, new Random(1));
        for (var i = 0; i < 8; i++)
        {
            backoff.Next();
        }

        _time.Advance(TimeSpan.FromSeconds(121));

        Assert.InRange(backoff.Next().TotalSeconds, 0.8, 1.6);
    }
}
