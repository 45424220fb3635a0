using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Cache;

/// <summary>Gives each resource name its column.</summary>
internal sealed class ResourceRegistry
{
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal)
    {
        [ResourceNames.Cpu] = ResourceColumns.Cpu,
        [ResourceNames.Memory] = ResourceColumns.Memory,
        [ResourceNames.EphemeralStorage] = ResourceColumns.EphemeralStorage,
        [ResourceNames.Pods] = ResourceColumns.Pods,
    };

    private readonly List<string> _names = [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.EphemeralStorage, ResourceNames.Pods];

    public IReadOnlyList<string> Names => _names;

    public int Find(string name) => _columns.GetValueOrDefault(name, -1);

    public int GetOrAdd(string name)
    {
        if (!_columns.TryGetValue(name, out var column))
        {
            column = _names.Count;
            _names.Add(name);
            _columns[name] = column;
        }

        return column;
    }
}
