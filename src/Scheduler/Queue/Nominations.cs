using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Queue;

/// <summary>Which pending pods wait for room on which node, so that lower priorities do not take it meanwhile.</summary>
internal sealed class Nominations
{
    private readonly Dictionary<string, (PodInfo Pod, string NodeName)> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<PodInfo>> _nodes = new(StringComparer.Ordinal);

    public IEnumerable<string> NodeNames => _nodes.Keys;

    public bool IsEmpty => _pods.Count == 0;

    public IReadOnlyList<PodInfo> On(string nodeName) => _nodes.TryGetValue(nodeName, out var pods) ? pods : [];

    public string? NodeOf(string uid) => _pods.TryGetValue(uid, out var entry) ? entry.NodeName : null;

    public void Set(PodInfo pod, string nodeName)
    {
        Remove(pod.Uid);
        if (nodeName.Length == 0)
        {
            return;
        }

        _pods[pod.Uid] = (pod, nodeName);
        if (!_nodes.TryGetValue(nodeName, out var pods))
        {
            pods = [];
            _nodes[nodeName] = pods;
        }

        pods.Add(pod);
    }

    public void Remove(string uid)
    {
        if (_pods.Remove(uid, out var entry) && _nodes.TryGetValue(entry.NodeName, out var pods))
        {
            pods.RemoveAll(p => p.Uid == uid);
            if (pods.Count == 0)
            {
                _nodes.Remove(entry.NodeName);
            }
        }
    }

    /// <summary>Takes over a new revision. What the scheduler nominated stays when the update does not name a node yet.</summary>
    public void Update(PodInfo oldPod, PodInfo newPod)
    {
        var named = newPod.Pod.Status.NominatedNodeName;
        if (named.Length == 0 && oldPod.Pod.Status.NominatedNodeName.Length == 0)
        {
            named = NodeOf(oldPod.Uid) ?? "";
        }

        Remove(oldPod.Uid);
        Set(newPod, named);
    }
}
