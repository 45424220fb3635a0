namespace NodeAgent.Kubelet.Streaming;

/// <summary>Ends a connection on which nothing has been said for a while: streamingConnectionIdleTimeout.</summary>
internal sealed class IdleLimit : IDisposable
{
    private readonly TimeSpan _limit;
    private readonly CancellationTokenSource _expiry;

    /// <param name="limit">Zero for no limit, as upstream has it.</param>
    /// <param name="time">What the limit is measured with.</param>
    public IdleLimit(TimeSpan limit, TimeProvider time)
    {
        _limit = limit > TimeSpan.Zero ? limit : Timeout.InfiniteTimeSpan;
        _expiry = new CancellationTokenSource(_limit, time);
    }

    /// <summary>Cancelled when the limit is over.</summary>
    public CancellationToken Expired => _expiry.Token;

    /// <summary>Something was said: the time begins anew. Does nothing once the limit is over.</summary>
    public void Touch()
    {
        try
        {
            _expiry.CancelAfter(_limit);
        }
        catch (ObjectDisposedException)
        {
            // The connection has just ended; a frame was still on its way.
        }
    }

    public void Dispose() => _expiry.Dispose();
}
