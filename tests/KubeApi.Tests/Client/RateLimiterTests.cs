using NodeAgent.KubeApi.Client;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Client;

public sealed class RateLimiterTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task WaitAsync_WithinTheBurst_DoesNotWait()
    {
        var limiter = new RateLimiter(2, 3, _time);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(TimeSpan.Zero, await limiter.WaitAsync(CancellationToken.None));
        }

        Assert.False(limiter.WaitAsync(CancellationToken.None).AsTask().IsCompleted);
    }

    [Fact]
    public async Task WaitAsync_BeyondTheBurst_LeavesAtTheRate()
    {
        var limiter = new RateLimiter(2, 1, _time);
        await limiter.WaitAsync(CancellationToken.None);

        var first = limiter.WaitAsync(CancellationToken.None).AsTask();
        var second = limiter.WaitAsync(CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(499));
        Assert.False(first.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(2));
        await first;
        Assert.False(second.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(500));
        await second;
    }

    [Fact]
    public async Task WaitAsync_Cancelled_GivesItsTurnBack()
    {
        var limiter = new RateLimiter(1, 1, _time);
        await limiter.WaitAsync(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        var cancelled = limiter.WaitAsync(stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);

        var next = limiter.WaitAsync(CancellationToken.None).AsTask();
        _time.Advance(TimeSpan.FromMilliseconds(1001));

        await next;
    }

    [Fact]
    public async Task WaitAsync_WithoutALimit_NeverWaits()
    {
        var limiter = new RateLimiter(-1, 0, _time);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(TimeSpan.Zero, await limiter.WaitAsync(CancellationToken.None));
        }
    }

    [Fact]
    public void TryTake_LetsThroughABurst_AndThenSoManyPerSecond()
    {
        var bucket = new RateLimiter(100, 10, _time);

        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => bucket.TryTake()));
        _time.Advance(TimeSpan.FromMilliseconds(55));
        Assert.Equal(5, Enumerable.Range(0, 50).Count(_ => bucket.TryTake()));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(10, Enumerable.Range(0, 50).Count(_ => bucket.TryTake()));
    }
}
