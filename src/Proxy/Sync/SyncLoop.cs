using System.Threading.Channels;

namespace NodeAgent.Proxy.Sync;

/// <summary>Runs syncs when they are asked for, never two at once, and not more often than the intervals allow. Requests that come meanwhile become one.</summary>
/// <param name="sync">Told whether it runs because the time for a regular one has come. Throws when it failed.</param>
/// <param name="failed">Told of each failure, before the wait for the next attempt.</param>
internal sealed class SyncLoop(Func<bool, CancellationToken, Task> sync, Action<Exception> failed, SyncIntervals intervals, TimeProvider time)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private readonly Channel<bool> _requests = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Asks for a sync as soon as the intervals allow.</summary>
    public void Request() => _requests.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var wait = intervals.Max;
        var retry = FirstRetry;
        while (true)
        {
            var requested = await WaitForRequestAsync(wait, cancellationToken);
            try
            {
                await sync(!requested && wait == intervals.Max, cancellationToken);
                wait = intervals.Max;
                retry = FirstRetry;
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                failed(e);
                wait = retry < intervals.Retry ? retry : intervals.Retry;
                retry = 2 * wait;
            }

            await Task.Delay(intervals.Min, time, cancellationToken);
        }
    }

    /// <returns>False when the wait was over before anybody asked.</returns>
    private async Task<bool> WaitForRequestAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, wait, Timeout.InfiniteTimeSpan);
        try
        {
            return await _requests.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
