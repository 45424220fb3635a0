namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Keeps the items until the list is whole, for sinks that take it at once.</summary>
/// <param name="sink">What takes them.</param>
/// <param name="transform">Called on each item as it arrives: what it drops is never there for all items at once.</param>
internal sealed class ReplacingCollector<T>(IListWatchSink<T> sink, Action<T>? transform = null) : IListCollector<T>
    where T : class
{
    private readonly List<T> _items = [];

    public void Add(T item)
    {
        transform?.Invoke(item);
        _items.Add(item);
    }

    public void Complete() => sink.Replace(_items);
}
