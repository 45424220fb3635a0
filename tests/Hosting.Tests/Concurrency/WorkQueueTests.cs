using NodeAgent.Hosting.Concurrency;
using NodeAgent.Testing;

namespace NodeAgent.Hosting.Tests.Concurrency;

public sealed class WorkQueueTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly WorkQueue<string> _queue;

    public WorkQueueTests()
    {
        _queue = new WorkQueue<string>(new ExponentialBackoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)), _clock);
    }

    public void Dispose() => _queue.Dispose();

    private string Take() => _queue.TakeAsync(CancellationToken.None).AsTask().Result;

    [Fact]
    public void Add_SameKeyTwice_IsTakenOnce()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.Add("a");
        Assert.Equal(["a", "b"], [Take(), Take()]);
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void Add_WhileProcessing_ComesBackOnlyWhenDone()
    {
        _queue.Add("a");
        Take();
        _queue.Add("a");
        _queue.Add("a");
        Assert.Equal(0, _queue.Count);
        _queue.Done("a");
        Assert.Equal("a", Take());
        _queue.Done("a");
        Assert.Equal(0, _queue.Count);
    }

    [Fact]
    public void AddAfter_SeveralDelays_TheShortestCounts()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(2));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, _queue.Count);
        Take();
        _queue.Done("a");
        _clock.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(0, _queue.Count);
        Assert.Equal(0, _queue.DelayedCount);
        Assert.Equal(0, _clock.WaitingTimers);
    }

    [Fact]
    public void AddWithBackoff_Repeated_DoublesUpToTheMaximumUntilForgotten()
    {
        foreach (var seconds in new[] { 1, 2, 4, 5, 5 })
        {
            _queue.AddWithBackoff("a");
            _clock.Advance(TimeSpan.FromSeconds(seconds - 0.5));
            Assert.Equal(0, _queue.Count);
            _clock.Advance(TimeSpan.FromSeconds(0.5));
            Assert.Equal("a", Take());
            _queue.Done("a");
        }

        Assert.Equal(5, _queue.Failures("a"));
        _queue.Forget("a");
        _queue.AddWithBackoff("a");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _queue.Count);
    }

    [Fact]
    public async Task RunAsync_WorkThrows_ReportsAndRetriesAfterBackoff()
    {
        using var stop = new CancellationTokenSource();
        var worked = 0;
        var errors = new List<string>();
        var loop = _queue.RunAsync(
            (_, _) => Interlocked.Increment(ref worked) == 1 ? throw new IOException("first") : ValueTask.CompletedTask,
            (key, e) => errors.Add($"{key}: {e.Message}"),
            stop.Token);
        _queue.Add("a");
        await Eventually.True(() => _queue.DelayedCount == 1, "the failed key waits");
        _clock.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => worked == 2 && _queue.Failures("a") == 0, "the second attempt");
        Assert.Equal(["a: first"], errors);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);
    }

    [Fact]
    public async Task RunAsync_ManyWorkers_NeverWorkOnOneKeyAtOnce()
    {
        using var stop = new CancellationTokenSource();
        var inside = 0;
        var overlaps = 0;
        var done = 0;
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(() => _queue.RunAsync(
            async (_, _) =>
            {
                overlaps += Interlocked.Increment(ref inside) > 1 ? 1 : 0;
                await Task.Yield();
                Interlocked.Decrement(ref inside);
                Interlocked.Increment(ref done);
            },
            (_, _) => { },
            stop.Token))).ToArray();
        for (var i = 0; i < 2000; i++)
        {
            _queue.Add("a");
        }

        await Eventually.True(() => _queue.Count == 0 && Volatile.Read(ref inside) == 0 && done > 0, "the queue runs dry");
        Assert.Equal(0, overlaps);
        await stop.CancelAsync();
        foreach (var worker in workers)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => worker);
        }
    }

    [Fact]
    public void Delay_WithJitter_AddsAtMostItsFraction()
    {
        var backoff = new ExponentialBackoff(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(100), Jitter: 0.5);
        Assert.Equal(TimeSpan.FromSeconds(10), backoff.Delay(0, () => 0));
        Assert.Equal(TimeSpan.FromSeconds(15), backoff.Delay(0, () => 1));
        Assert.Equal(TimeSpan.FromSeconds(100), backoff.Delay(1000, () => 0));
    }
}
