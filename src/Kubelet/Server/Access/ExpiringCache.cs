using System.Collections.Concurrent;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>Answers that hold for a while. Bounded: when it is full, what has expired goes, and if need be everything.</summary>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, (TValue Value, DateTimeOffset Until)> _entries = new();

    public bool TryGet(TKey key, out TValue value)
    {
        var found = _entries.TryGetValue(key, out var entry) && time.GetUtcNow() < entry.Until;
        value = entry.Value;
        return found;
    }

    public void Set(TKey key, TValue value, TimeSpan ttl)
    {
        if (_entries.Count >= capacity)
        {
            MakeRoom();
        }

        _entries[key] = (value, time.GetUtcNow() + ttl);
    }

    private void MakeRoom()
    {
        var now = time.GetUtcNow();
        foreach (var entry in _entries.Where(e => e.Value.Until <= now))
        {
            _entries.TryRemove(entry);
        }

        if (_entries.Count >= capacity)
        {
            _entries.Clear();
        }
    }
}
