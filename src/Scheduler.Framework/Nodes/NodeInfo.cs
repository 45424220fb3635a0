using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>One node and what is on it. Valid during the call that it was given to.</summary>
public sealed class NodeInfo
{
    private static readonly KubeApi.Core.V1.Node Unknown = new() { Metadata = new(), Spec = new(), Status = new() };

    private readonly Dictionary<HostPort, int> _ports = [];

    internal NodeInfo(INodeTable table, int slot, string name)
    {
        Table = table;
        Slot = slot;
        Name = name;
    }

    /// <summary>The table that the node belongs to.</summary>
    public INodeTable Table { get; }

    /// <summary>The node's index in the columns of its table.</summary>
    public int Slot { get; }

    public string Name { get; }

    /// <summary>The object; an empty one while pods are known to be on the node before the node itself is.</summary>
    public KubeApi.Core.V1.Node Node { get; internal set; } = Unknown;

    /// <summary>The pods on the node, those included that are about to be bound to it; in no order.</summary>
    public IReadOnlyList<PodInfo> Pods => PodList;

    public IEnumerable<HostPort> UsedPorts => _ports.Keys;

    /// <summary>Images by normalised name.</summary>
    public IReadOnlyDictionary<string, ImageInfo> Images => ImageMap;

    internal List<PodInfo> PodList { get; } = [];

    internal Dictionary<string, ImageInfo> ImageMap { get; } = new(StringComparer.Ordinal);

    public long Allocatable(int resource) => Table.Allocatable(resource)[Slot];

    public long Requested(int resource) => Table.Requested(resource)[Slot];

    public bool HasPortConflict(HostPort wanted)
    {
        if (_ports.Count == 0)
        {
            return false;
        }

        foreach (var used in _ports.Keys)
        {
            if (used.ConflictsWith(wanted))
            {
                return true;
            }
        }

        return false;
    }

    internal void TakePort(HostPort port) => _ports[port] = _ports.GetValueOrDefault(port) + 1;

    internal void ReleasePort(HostPort port)
    {
        var left = _ports.GetValueOrDefault(port) - 1;
        if (left > 0)
        {
            _ports[port] = left;
        }
        else
        {
            _ports.Remove(port);
        }
    }
}
