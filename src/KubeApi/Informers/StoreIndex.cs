using System.Collections.Concurrent;

namespace NodeAgent.KubeApi.Informers;

/// <summary>Objects by the keys that a function finds in them. One writer, readers without locks.</summary>
internal sealed class StoreIndex<T>(Func<T, IEnumerable<string>> keysOf)
    where T : class
{
    private readonly ConcurrentDictionary<string, ConcurrentDictionary<ObjectKey, T>> _buckets = new(concurrencyLevel: 1, capacity: 31);

    public IReadOnlyCollection<T> Get(string key) =>
        _buckets.TryGetValue(key, out var bucket) ? new LiveCollection<T>(bucket, () => bucket.Count) : [];

    public void Update(ObjectKey key, T? old, T? value)
    {
        if (value is not null)
        {
            foreach (var name in keysOf(value))
            {
                _buckets.GetOrAdd(name, static _ => new ConcurrentDictionary<ObjectKey, T>(concurrencyLevel: 1, capacity: 3))[key] = value;
            }
        }

        if (old is null)
        {
            return;
        }

        foreach (var name in keysOf(old))
        {
            if ((value is null || !keysOf(value).Contains(name)) && _buckets.TryGetValue(name, out var bucket))
            {
                bucket.TryRemove(key, out _);
                if (bucket.IsEmpty)
                {
                    _buckets.TryRemove(name, out _);
                }
            }
        }
    }
}
