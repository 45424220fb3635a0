using System.Diagnostics.CodeAnalysis;

namespace NodeAgent.KubeApi.Events;

/// <summary>A bounded map that forgets what was not used for longest. Not for concurrent use.</summary>
internal sealed class LruCache<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _byUse = [];

    /// <summary>The most recently used first.</summary>
    public IEnumerable<KeyValuePair<TKey, TValue>> Entries => _byUse;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        if (!_nodes.TryGetValue(key, out var node))
        {
            value = default;
            return false;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        value = node.Value.Value;
        return true;
    }

    public void Set(TKey key, TValue value)
    {
        Remove(key);
        _nodes[key] = _byUse.AddFirst(KeyValuePair.Create(key, value));
        if (_nodes.Count > capacity)
        {
            Remove(_byUse.Last!.Value.Key);
        }
    }

    public void Remove(TKey key)
    {
        if (_nodes.Remove(key, out var node))
        {
            _byUse.Remove(node);
        }
    }
}
