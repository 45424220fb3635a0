using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>Counts pods on nodes in the order in which etcd had them there, and remembers the most that ever were.</summary>
internal sealed class NodeUsage : IInformerHandler<Pod>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, string> _nodes = [];
    private readonly Dictionary<string, int> _perNode = [];

    public int Most { get; private set; }

    public int Bindings { get; private set; }

    /// <summary>Names of pods that are on nodes now.</summary>
    public string[] Bound()
    {
        lock (_lock)
        {
            return [.. _nodes.Keys];
        }
    }

    public void OnAdd(Pod value, bool isInInitialList) => Set(value);

    public void OnUpdate(Pod oldValue, Pod newValue)
    {
        if (oldValue.Metadata.Uid != newValue.Metadata.Uid)
        {
            OnDelete(oldValue);
        }

        Set(newValue);
    }

    public void OnDelete(Pod value)
    {
        lock (_lock)
        {
            if (_nodes.Remove(value.Metadata.Name, out var node))
            {
                _perNode[node]--;
            }
        }
    }

    private void Set(Pod pod)
    {
        lock (_lock)
        {
            if (pod.Spec.NodeName is { Length: > 0 } node && _nodes.TryAdd(pod.Metadata.Name, node))
            {
                Bindings++;
                _perNode[node] = _perNode.GetValueOrDefault(node) + 1;
                Most = Math.Max(Most, _perNode[node]);
            }
        }
    }
}
