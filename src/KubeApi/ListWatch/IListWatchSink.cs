using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Takes what a list-watch finds. Called one at a time; must not block.</summary>
public interface IListWatchSink<T>
    where T : class
{
    /// <summary>The whole collection, as a list has it: what is not in it is gone.</summary>
    void Replace(IReadOnlyList<T> items);

    /// <summary>
    /// Takes the items of a list one by one as they arrive, for a sink that does not keep the items themselves: a whole
    /// collection of them need then never be in memory. Null when <see cref="Replace"/> is to be called instead.
    /// </summary>
    IListCollector<T>? Collect() => null;

    /// <summary>One change: added, modified or deleted, never a bookmark.</summary>
    void Apply(WatchEventType type, T value);
}
