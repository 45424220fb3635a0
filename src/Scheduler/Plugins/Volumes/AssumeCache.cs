using System.Collections.Concurrent;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>
/// An informer's objects, with what the scheduler has decided about some of them and not written yet, or written and not
/// seen come back. A decision counts until the informer has another revision of the object than the one it was made on.
/// Safe from any thread.
/// </summary>
internal sealed class AssumeCache<T>(IStore<T> store)
    where T : class, IKubeObject
{
    private readonly ConcurrentDictionary<(string Namespace, string Name), (T Assumed, string BasedOn)> _assumed = new();

    /// <summary>The objects as the API server has them.</summary>
    public IStore<T> Store => store;

    public T? Get(string? namespaceName, string name)
    {
        var known = store.Get(namespaceName, name);
        return known is null ? null : Resolve(known);
    }

    public IEnumerable<T> List() => _assumed.IsEmpty ? store.List() : store.List().Select(Resolve);

    /// <param name="value">A changed copy of the object, with the resource version of the revision that it was made of.</param>
    /// <returns>False when the informer has another revision: the decision was made on an old one.</returns>
    public bool Assume(T value)
    {
        var key = (value.Metadata.Namespace, value.Metadata.Name);
        if (store.Get(key.Namespace, key.Name)?.Metadata.ResourceVersion != value.Metadata.ResourceVersion)
        {
            return false;
        }

        _assumed[key] = (value, value.Metadata.ResourceVersion);
        return true;
    }

    /// <summary>The decision does not hold any more.</summary>
    public void Restore(T value) => _assumed.TryRemove((value.Metadata.Namespace, value.Metadata.Name), out _);

    private T Resolve(T known)
    {
        var key = (known.Metadata.Namespace, known.Metadata.Name);
        if (!_assumed.TryGetValue(key, out var entry))
        {
            return known;
        }

        if (entry.BasedOn == known.Metadata.ResourceVersion)
        {
            return entry.Assumed;
        }

        _assumed.TryRemove(KeyValuePair.Create(key, entry));
        return known;
    }
}
