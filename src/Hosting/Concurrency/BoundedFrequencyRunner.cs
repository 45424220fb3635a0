using System.Threading.Channels;

namespace NodeAgent.Hosting.Concurrency;

/// <summary>
/// Runs one piece of work over and over: at once when asked, but on average not more often than every <c>minInterval</c>; at
/// least once in <c>maxInterval</c> when nobody asks; and again after <c>retryInterval</c> when it failed. Requests that come
/// while it runs or waits become one run.
/// </summary>
/// <remarks>
/// <para><see cref="Request"/> never blocks and may be called from anywhere. <see cref="RunAsync"/> is the loop: call it once.
/// The work is never run twice at the same time.</para>
/// <para>The work gives false, or throws, to be retried. What it throws is handed to <c>onError</c>; the loop goes on.</para>
/// </remarks>
public sealed class BoundedFrequencyRunner(
    Func<CancellationToken, ValueTask<bool>> work,
    TimeSpan minInterval,
    TimeSpan maxInterval,
    TimeSpan retryInterval,
    TimeProvider time,
    Action<Exception> onError)
{
    // One slot: a second request while one waits is the same request.
    private readonly Channel<bool> _requests = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>How many runs may follow each other without a wait after a quiet time; with 1 there is always a whole <c>minInterval</c> between two.</summary>
    public int Burst { get; init; } = 1;

    /// <summary>
    /// When requests go on, the time between runs grows up to this many times <c>minInterval</c> where that keeps the runs to
    /// <see cref="Share"/> of the time. With 1 it does not grow.
    /// </summary>
    public double Stretch { get; init; } = 1;

    /// <summary>How much of the time runs should take at most when requests go on. The work itself may set it, for the wait that follows.</summary>
    public double Share { get; set; } = 1;

    /// <summary>The waits after failures in a row, instead of the same <c>retryInterval</c> each time; never longer than that.</summary>
    public ExponentialBackoff? Backoff { get; init; }

    /// <summary>Asks for a run, as soon as the minimum interval allows.</summary>
    public void Request() => _requests.Writer.TryWrite(true);

    /// <summary>Works until cancelled; throws <see cref="OperationCanceledException"/> then.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var next = maxInterval;
        var allowed = (double)Burst;
        var failures = 0;
        var ended = time.GetTimestamp();
        var interval = minInterval;
        while (true)
        {
            await WaitForRequestAsync(next, cancellationToken);
            _requests.Reader.TryRead(out _);
            var started = time.GetTimestamp();
            allowed = interval > TimeSpan.Zero ? Math.Min(Burst, allowed + (time.GetElapsedTime(ended, started) / interval)) : Burst;
            var succeeded = await TryWorkAsync(cancellationToken);
            ended = time.GetTimestamp();
            allowed--;
            failures = succeeded ? 0 : failures + 1;
            interval = Interval(time.GetElapsedTime(started, ended));
            var pause = interval * Math.Clamp(1 - allowed, 0, 1);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, time, cancellationToken);
            }

            next = Rest(succeeded ? maxInterval : Shorter(RetryAfter(failures), maxInterval), pause);
        }
    }

    private async Task<bool> TryWorkAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await work(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            onError(e);
            return false;
        }
    }

    private TimeSpan Interval(TimeSpan took)
    {
        var wanted = took / Share;
        return wanted <= minInterval ? minInterval : Shorter(wanted, minInterval * Stretch);
    }

    private TimeSpan RetryAfter(int failures) => Backoff is { } backoff ? Shorter(backoff.Delay(failures - 1), retryInterval) : retryInterval;

    /// <summary>What is left of an interval that began when the work ended, now that the pause after it is over.</summary>
    private static TimeSpan Rest(TimeSpan interval, TimeSpan pause) =>
        interval == Timeout.InfiniteTimeSpan ? interval : interval > pause ? interval - pause : TimeSpan.Zero;

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => b == Timeout.InfiniteTimeSpan || (a != Timeout.InfiniteTimeSpan && a < b) ? a : b;

    private async Task WaitForRequestAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (atMost == TimeSpan.Zero || _requests.Reader.TryPeek(out _))
        {
            return;
        }

        if (atMost == Timeout.InfiniteTimeSpan)
        {
            await _requests.Reader.WaitToReadAsync(cancellationToken);
            return;
        }

        // One source ends both waits, so that neither outlives this one.
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAny(_requests.Reader.WaitToReadAsync(timer.Token).AsTask(), Task.Delay(atMost, time, timer.Token));
        await timer.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }
}
