using Google.Protobuf;

namespace NodeAgent.KubeApi.Informers;

/// <summary>A local copy of a set of objects, kept up to date by list and watch.</summary>
public interface IInformer<T>
    where T : class, IKubeObject, IMessage<T>, new()
{
    /// <summary>Completes when the first list is in the store and has been delivered to every handler registered before the start.</summary>
    Task Synced { get; }

    /// <summary>The objects as of now. Readers take no lock; objects are shared and must not be changed.</summary>
    IStore<T> Store { get; }

    /// <summary>
    /// Registers a handler. Handlers of one informer are called one at a time, in the order of the events; they must not
    /// block. One that is added after the start is first given every object in the store as added.
    /// An exception from a handler is logged and counted, and does not stop the informer.
    /// </summary>
    void AddHandler(IInformerHandler<T> handler);

    /// <summary>Lists and watches until cancelled; never returns for a failure of the server, which it waits out with backoff.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}

/// <summary>Told of every change of an informer's objects.</summary>
public interface IInformerHandler<in T>
{
    /// <param name="isInInitialList">True for the objects of the first list.</param>
    void OnAdd(T value, bool isInInitialList);

    /// <summary>Also called when a relist finds an object changed, and for a deletion and re-creation that a relist saw as one (UIDs differ).</summary>
    void OnUpdate(T oldValue, T newValue);

    /// <summary>The last known state; after a relist it may be older than what was deleted.</summary>
    void OnDelete(T value);
}

/// <summary>Read access to an informer's objects.</summary>
public interface IStore<T>
    where T : class
{
    int Count { get; }

    T? Get(string? namespaceName, string name);

    IReadOnlyCollection<T> List();

    IReadOnlyCollection<T> ListNamespace(string namespaceName);

    /// <summary>Objects for which the index function of that name, given when the informer was made, returned this key.</summary>
    IReadOnlyCollection<T> ByIndex(string indexName, string key);
}
