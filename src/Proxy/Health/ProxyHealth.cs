using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Health;

/// <summary>
/// Whether the rules follow what the API says: a change that waits longer than the timeout to be programmed makes the proxy
/// unhealthy. Safe for concurrent use.
/// </summary>
/// <param name="timeout">Upstream's is twice the sync period.</param>
internal sealed class ProxyHealth(TimeSpan timeout, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPFamily, DateTimeOffset> _updated = [];
    private readonly Dictionary<IPFamily, DateTimeOffset> _oldestQueued = [];

    /// <summary>A change came that the rules of the family do not have yet.</summary>
    public void Queued(IPFamily family)
    {
        lock (_lock)
        {
            _oldestQueued.TryAdd(family, time.GetUtcNow());
        }
    }

    /// <summary>The rules of the family are as the API says.</summary>
    public void Updated(IPFamily family)
    {
        lock (_lock)
        {
            _oldestQueued.Remove(family);
            _updated[family] = time.GetUtcNow();
        }
    }

    public HealthReport Report()
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var families = _updated.ToDictionary(
                u => u.Key,
                u => new FamilyHealth(u.Value, !_oldestQueued.TryGetValue(u.Key, out var queued) || now - queued < timeout));
            var healthy = families.Values.All(f => f.Healthy);
            var lastUpdated = healthy ? now : families.Values.Select(f => f.LastUpdated).DefaultIfEmpty().Max();
            return new HealthReport(lastUpdated, now, healthy, families);
        }
    }
}
