namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>The grace period of a pod that is being ended: runs from the moment the end began, and can only get shorter.</summary>
internal sealed class GraceClock(TimeSpan grace, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly long _start = time.GetTimestamp();
    private CancellationTokenSource _shortened = new();
    private TimeSpan _grace = grace;

    public TimeSpan Grace
    {
        get
        {
            lock (_lock)
            {
                return _grace;
            }
        }
    }

    public TimeSpan Remaining
    {
        get
        {
            var left = Grace - time.GetElapsedTime(_start);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Cancelled when the grace period gets shorter; ask again then.</summary>
    public CancellationToken Shortened
    {
        get
        {
            lock (_lock)
            {
                return _shortened.Token;
            }
        }
    }

    /// <returns>Whether it was longer before.</returns>
    public bool Shorten(TimeSpan to)
    {
        CancellationTokenSource old;
        lock (_lock)
        {
            if (to >= _grace)
            {
                return false;
            }

            _grace = to;
            (old, _shortened) = (_shortened, new CancellationTokenSource());
        }

        old.Cancel();
        old.Dispose();
        return true;
    }

    public void Dispose() => _shortened.Dispose();
}
