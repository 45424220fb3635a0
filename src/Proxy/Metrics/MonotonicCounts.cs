namespace NodeAgent.Proxy.Metrics;

/// <summary>Makes counts that only grow out of readings that start again at zero when their rules are written anew. For one caller at a time.</summary>
internal sealed class MonotonicCounts
{
    private readonly Dictionary<string, (long Last, long Total)> _counts = new(StringComparer.Ordinal);

    public IEnumerable<KeyValuePair<string, long>> Totals => _counts.Select(c => KeyValuePair.Create(c.Key, c.Value.Total));

    public void Read(string key, long reading)
    {
        var (last, total) = _counts.GetValueOrDefault(key);
        _counts[key] = (reading, total + (reading >= last ? reading - last : reading));
    }

    /// <summary>Keys that were not read this time have rules with a count of zero, or none.</summary>
    public void Missing(Func<string, bool> wasRead)
    {
        foreach (var key in _counts.Keys.Where(k => !wasRead(k)).ToList())
        {
            _counts[key] = _counts[key] with { Last = 0 };
        }
    }

    public void Remove(string key) => _counts.Remove(key);
}
