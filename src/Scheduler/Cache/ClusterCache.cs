using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>Nodes and the pods on them, as the API server says and as the scheduler has decided. Belongs to the decision loop.</summary>
/// <remarks>
/// <code>
///            Assume              SetPod (bound as assumed)
///  (nothing) -------> assumed -----------------------------> on its node
///      ^                 | Forget                                |
///      +-----------------+------------- RemovePod ---------------+
/// </code>
/// SetPod also adds pods that others bound, and moves one that was bound elsewhere than assumed: the API server is right.
/// </remarks>
internal sealed class ClusterCache
{
    private readonly Dictionary<string, CachedPod> _pods = new(StringComparer.Ordinal);

    /// <param name="groups">Kept up to date by the cache; null for one of its own.</param>
    public ClusterCache(PodGroups? groups = null)
    {
        Groups = groups ?? new PodGroups();
        var resources = new ResourceRegistry();
        Nodes = new NodeTable(resources);
        Parser = new PodParser(resources);
    }

    public NodeTable Nodes { get; }

    public PodParser Parser { get; }

    public PodGroups Groups { get; }

    public int PodCount => _pods.Count;

    public int AssumedCount { get; private set; }

    public IEnumerable<CachedPod> Pods => _pods.Values;

    public CachedPod? Find(string uid) => _pods.GetValueOrDefault(uid);

    public bool IsAssumed(string uid) => _pods.TryGetValue(uid, out var pod) && pod.IsAssumed;

    /// <summary>Counts the pod on the node from now on, before it is bound.</summary>
    /// <exception cref="InvalidOperationException">The pod is on a node already.</exception>
    public void Assume(PodInfo pod, string nodeName)
    {
        if (_pods.ContainsKey(pod.Uid))
        {
            throw new InvalidOperationException($"pod {pod} (UID {pod.Uid}) is in the cache already and cannot be assumed on {nodeName}");
        }

        Put(pod, nodeName, true);
    }

    /// <summary>The pod was not bound after all.</summary>
    /// <returns>False when it is not assumed any more.</returns>
    public bool Forget(string uid)
    {
        if (!IsAssumed(uid))
        {
            return false;
        }

        Remove(uid);
        return true;
    }

    /// <summary>Binding has succeeded, or the API server says that the pod is on a node, or has changed there.</summary>
    /// <returns>What the cache had; null when the pod is new to it.</returns>
    public CachedPod? SetPod(Pod pod)
    {
        var parsed = Parser.Parse(pod);
        var before = _pods.GetValueOrDefault(parsed.Uid);
        if (before is not null && before.NodeName == pod.Spec.NodeName && CountsTheSame(before.Pod, parsed))
        {
            Replace(before, parsed);
            return before;
        }

        if (before is not null)
        {
            Remove(parsed.Uid);
        }

        Put(parsed, pod.Spec.NodeName, false);
        return before;
    }

    public CachedPod? Remove(string uid)
    {
        if (!_pods.Remove(uid, out var pod))
        {
            return null;
        }

        AssumedCount -= pod.IsAssumed ? 1 : 0;
        Nodes.RemovePod(pod.Pod, pod.Slot);
        Groups.Displace(pod.Pod);
        return pod;
    }

    /// <summary>Nothing that the columns count has changed, so only the object is replaced.</summary>
    private void Replace(CachedPod before, PodInfo pod)
    {
        AssumedCount -= before.IsAssumed ? 1 : 0;
        var pods = Nodes[before.Slot].PodList;
        pods[pods.FindIndex(p => p.Uid == pod.Uid)] = pod;
        _pods[pod.Uid] = before with { Pod = pod, IsAssumed = false };
    }

    private static bool CountsTheSame(PodInfo left, PodInfo right) =>
        ReferenceEquals(left.Template, right.Template) && ReferenceEquals(left.Labels, right.Labels) && left.IsTerminating == right.IsTerminating;

    private void Put(PodInfo pod, string nodeName, bool isAssumed)
    {
        AssumedCount += isAssumed ? 1 : 0;
        var slot = Nodes.AddPod(pod, nodeName);
        _pods[pod.Uid] = new CachedPod(pod, slot, nodeName, isAssumed);
        Groups.Place(pod);
    }
}
