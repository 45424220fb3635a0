namespace NodeAgent.KubeApi.Client;

/// <summary>A token bucket: at most <c>burst</c> requests at once, <c>qps</c> a second in the long run, in the order of asking.</summary>
public sealed class RateLimiter
{
    private const double DefaultQps = 5;
    private const int DefaultBurst = 10;

    private readonly double _qps;
    private readonly int _burst;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private double _tokens;
    private long _filledAt;

    /// <param name="qps">Below 0 for no limit, 0 for 5.</param>
    /// <param name="burst">Not above 0 for 10.</param>
    public RateLimiter(double qps, int burst, TimeProvider time)
    {
        _qps = qps == 0 ? DefaultQps : qps;
        _burst = burst > 0 ? burst : DefaultBurst;
        _time = time;
        _tokens = _burst;
        _filledAt = time.GetTimestamp();
    }

    /// <summary>Waits for the turn and returns how long that took.</summary>
    public async ValueTask<TimeSpan> WaitAsync(CancellationToken cancellationToken)
    {
        if (_qps < 0)
        {
            return TimeSpan.Zero;
        }

        var wait = Take();
        if (wait <= TimeSpan.Zero)
        {
            return TimeSpan.Zero;
        }

        try
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            GiveBack();
            throw;
        }

        return wait;
    }

    /// <summary>Takes a turn that is there now; whoever gets none is not put in line.</summary>
    public bool TryTake()
    {
        if (_qps < 0)
        {
            return true;
        }

        lock (_lock)
        {
            Refill();
            if (_tokens < 1)
            {
                return false;
            }

            _tokens--;
            return true;
        }
    }

    private TimeSpan Take()
    {
        lock (_lock)
        {
            Refill();
            _tokens--;
            return _tokens >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_tokens / _qps);
        }
    }

    private void GiveBack()
    {
        lock (_lock)
        {
            Refill();
            _tokens = Math.Min(_burst, _tokens + 1);
        }
    }

    private void Refill()
    {
        var now = _time.GetTimestamp();
        _tokens = Math.Min(_burst, _tokens + (_time.GetElapsedTime(_filledAt, now).TotalSeconds * _qps));
        _filledAt = now;
    }
}
