namespace NodeAgent.KubeApi.Client;

/// <inheritdoc cref="BackoffOptions"/>
internal sealed class Backoff(BackoffOptions options, TimeProvider time, Random random)
{
    private TimeSpan _next = options.First;
    private long? _last;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        if (_last is { } last && time.GetElapsedTime(last) > options.ResetAfter)
        {
            _next = options.First;
        }

        _last = time.GetTimestamp();
        var wait = _next * (1 + (random.NextDouble() * options.Jitter));
        var grown = _next * options.Factor;
        _next = grown < options.Cap ? grown : options.Cap;
        return wait;
    }
}
