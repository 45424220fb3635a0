namespace NodeAgent.Kubelet.Stats;

/// <summary>How fast CPU time is used, from what was measured before. Not safe for concurrent use.</summary>
internal sealed class CpuRates
{
    /// <summary>Two measurements nearer to each other say little; the rate found before is told again.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, (ulong Nanoseconds, DateTimeOffset At, ulong? Rate)> _before = [];

    /// <returns>In billionths of a core; null the first time.</returns>
    public ulong? Update(string key, ulong nanoseconds, DateTimeOffset now)
    {
        if (!_before.TryGetValue(key, out var before) || nanoseconds < before.Nanoseconds)
        {
            _before[key] = (nanoseconds, now, null);
            return null;
        }

        var elapsed = now - before.At;
        if (elapsed < Shortest)
        {
            return before.Rate;
        }

        var rate = (ulong)((nanoseconds - before.Nanoseconds) / elapsed.TotalSeconds);
        _before[key] = (nanoseconds, now, rate);
        return rate;
    }

    /// <summary>Forgets what is not among the keys.</summary>
    public void KeepOnly(IReadOnlySet<string> keys)
    {
        foreach (var gone in _before.Keys.Where(k => !keys.Contains(k)).ToList())
        {
            _before.Remove(gone);
        }
    }
}
