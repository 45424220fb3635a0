using NodeAgent.KubeApi.Client;

namespace NodeAgent.KubeApi.ListWatch;

/// <summary>Takes what a list-watch finds. Called one at a time; must not block.</summary>
public interface IListWatchSink<T>
    where T : class
{
    /// <summary>The whole collection, as a list has it: what is not in it is gone.</summary>
    void Replace(IReadOnlyList<T> items);

    /// <summary>One change: added, modified or deleted, never a bookmark.</summary>
    void Apply(WatchEventType type, T value);
}
