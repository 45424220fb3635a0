using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.Hosting.Server;

/// <summary>Remembers values for a time, never more than a number of them; when full, what ends first goes first.</summary>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _lock = new();
    // Guarded by _lock.
    private readonly Dictionary<TKey, (TValue Value, DateTimeOffset Until)> _entries = [];

    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(key, out var entry) && time.GetUtcNow() < entry.Until)
            {
                value = entry.Value;
                return true;
            }

            _entries.Remove(key);
        }

        value = default;
        return false;
    }

    public void Set(TKey key, TValue value, TimeSpan ttl)
    {
        if (ttl <= TimeSpan.Zero)
        {
            return;
        }

        lock (_lock)
        {
            if (_entries.Count >= capacity && !_entries.ContainsKey(key))
            {
                MakeRoom();
            }

            _entries[key] = (value, time.GetUtcNow() + ttl);
        }
    }

    private void MakeRoom()
    {
        var now = time.GetUtcNow();
        foreach (var (key, entry) in _entries)
        {
            if (entry.Until <= now)
            {
                _entries.Remove(key);
            }
        }

        if (_entries.Count >= capacity)
        {
            // A quarter at once, so that a full cache does not sort itself for each newcomer.
            foreach (var key in _entries.OrderBy(e => e.Value.Until).Take(Math.Max(1, capacity / 4)).Select(e => e.Key).ToArray())
            {
                _entries.Remove(key);
            }
        }
    }
}
