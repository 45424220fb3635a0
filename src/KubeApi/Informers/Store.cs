using System.Collections.Concurrent;
using Google.Protobuf;

namespace NodeAgent.KubeApi.Informers;

/// <summary>
/// Objects by key and by index. One writer at a time (the informer sees to it), readers without locks. Collections that
/// are handed out are live: enumerating one sees each object that was there throughout exactly once.
/// </summary>
internal sealed class Store<T> : IStore<T>
    where T : class, IKubeObject, IMessage<T>, new()
{
    private readonly ConcurrentDictionary<ObjectKey, T> _items = new(concurrencyLevel: 1, capacity: 31);
    private readonly Dictionary<string, StoreIndex<T>> _indexes = [];
    private readonly Lock _namespaceLock = new();
    private volatile StoreIndex<T>? _byNamespace;
    private int _count;

    public Store(IReadOnlyDictionary<string, Func<T, IEnumerable<string>>>? indexers)
    {
        foreach (var (name, function) in indexers ?? new Dictionary<string, Func<T, IEnumerable<string>>>())
        {
            _indexes[name] = new StoreIndex<T>(function);
        }
    }

    public int Count => Volatile.Read(ref _count);

    public T? Get(string? namespaceName, string name) => Find(new ObjectKey(namespaceName ?? "", name));

    public IReadOnlyCollection<T> List() => new LiveCollection<T>(_items, () => Count);

    public IReadOnlyCollection<T> ListNamespace(string namespaceName) => NamespaceIndex().Get(namespaceName);

    public IReadOnlyCollection<T> ByIndex(string indexName, string key) =>
        _indexes.TryGetValue(indexName, out var index)
            ? index.Get(key)
            : throw new ArgumentException($"this informer has no index named {indexName}", nameof(indexName));

    public T? Find(ObjectKey key) => _items.GetValueOrDefault(key);

    public IEnumerable<KeyValuePair<ObjectKey, T>> Entries => _items;

    /// <summary>Adds or replaces, and returns what was there.</summary>
    public T? Set(T value)
    {
        var key = ObjectKey.Of(value);
        var old = Find(key);
        if (old is not null)
        {
            // The dictionary's key goes on holding these strings: let the object share them.
            value.Metadata.Name = old.Metadata.Name;
            value.Metadata.Namespace = old.Metadata.Namespace;
        }

        lock (_namespaceLock)
        {
            _items[key] = value;
            _byNamespace?.Update(key, old, value);
        }

        foreach (var index in _indexes.Values)
        {
            index.Update(key, old, value);
        }

        if (old is null)
        {
            Interlocked.Increment(ref _count);
        }

        return old;
    }

    public T? Remove(ObjectKey key)
    {
        T? old;
        lock (_namespaceLock)
        {
            if (!_items.TryRemove(key, out old))
            {
                return null;
            }

            _byNamespace?.Update(key, old, null);
        }

        foreach (var index in _indexes.Values)
        {
            index.Update(key, old, null);
        }

        Interlocked.Decrement(ref _count);
        return old;
    }

    /// <summary>Made on first use: most informers are never asked, and it costs memory per object.</summary>
    private StoreIndex<T> NamespaceIndex()
    {
        if (_byNamespace is { } known)
        {
            return known;
        }

        lock (_namespaceLock)
        {
            if (_byNamespace is { } made)
            {
                return made;
            }

            var index = new StoreIndex<T>(static value => [value.Metadata.Namespace]);
            foreach (var (key, value) in _items)
            {
                index.Update(key, null, value);
            }

            return _byNamespace = index;
        }
    }
}
