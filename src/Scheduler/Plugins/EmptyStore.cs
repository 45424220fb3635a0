using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Scheduler.Plugins;

/// <summary>Stands for a resource that the API server does not have.</summary>
internal sealed class EmptyStore<T> : IStore<T>
    where T : class
{
    public static readonly EmptyStore<T> Instance = new();

    public int Count => 0;

    public T? Get(string? namespaceName, string name) => null;

    public IReadOnlyCollection<T> List() => [];

    public IReadOnlyCollection<T> ListNamespace(string namespaceName) => [];

    public IReadOnlyCollection<T> ByIndex(string indexName, string key) => [];
}
