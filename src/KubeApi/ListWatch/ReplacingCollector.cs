namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Keeps the items until the list is whole, for sinks that take it at once.</summary>
internal sealed class ReplacingCollector<T>(IListWatchSink<T> sink) : IListCollector<T>
    where T : class
{
    private readonly List<T> _items = [];

    public void Add(T item) => _items.Add(item);

    public void Complete() => sink.Replace(_items);
}
