using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Scheduler.Tests.Plugins.Volumes;

/// <summary>Objects as an informer would hold them.</summary>
internal sealed class FakeStore<T> : IStore<T>
    where T : class, IKubeObject
{
    private readonly Dictionary<(string, string), T> _objects = [];
    private int _version;

    /// <summary>Index name to function, as the informer was given them.</summary>
    public Dictionary<string, Func<T, IEnumerable<string>>> Indexes { get; } = [];

    public int Count => _objects.Count;

    public void Set(params IEnumerable<T> values)
    {
        foreach (var value in values)
        {
            value.Metadata.ResourceVersion = $"{++_version}";
            _objects[(value.Metadata.Namespace, value.Metadata.Name)] = value;
        }
    }

    public T? Get(string? namespaceName, string name) => _objects.GetValueOrDefault((namespaceName ?? "", name));

    public IReadOnlyCollection<T> List() => _objects.Values;

    public IReadOnlyCollection<T> ListNamespace(string namespaceName) => [.. _objects.Values.Where(o => o.Metadata.Namespace == namespaceName)];

    public IReadOnlyCollection<T> ByIndex(string indexName, string key) => [.. _objects.Values.Where(o => Indexes[indexName](o).Contains(key))];
}
