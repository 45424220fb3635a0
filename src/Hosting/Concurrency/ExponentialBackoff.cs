namespace NodeAgent.Hosting.Concurrency;

/// <summary>The delay before the n-th retry: <paramref name="Initial"/> doubled each time, never above <paramref name="Max"/>, with up to <paramref name="Jitter"/> of itself added.</summary>
/// <param name="Jitter">A fraction: 0.5 adds up to half of the delay.</param>
public sealed record ExponentialBackoff(TimeSpan Initial, TimeSpan Max, double Jitter = 0)
{
    /// <param name="failures">How often it has failed before; 0 gives the initial delay.</param>
    /// <param name="random">Gives a number in [0, 1); null for the shared source.</param>
    public TimeSpan Delay(int failures, Func<double>? random = null)
    {
        var seconds = Math.Min(Initial.TotalSeconds * Math.Pow(2, Math.Min(failures, 62)), Max.TotalSeconds);
        if (Jitter > 0)
        {
            seconds *= 1 + (Jitter * (random?.Invoke() ?? Random.Shared.NextDouble()));
        }

        return TimeSpan.FromSeconds(seconds);
    }
}
