using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cache;

/// <summary>Which pods belong to which PodGroup, and which of them have a node, be it only assumed. Belongs to the decision loop.</summary>
internal sealed class PodGroups
{
    private readonly Dictionary<NamespacedName, Members> _groups = [];

    /// <summary>The group that the pod names; null for a pod on its own.</summary>
    public static NamespacedName? Of(Pod pod) =>
        pod.Spec?.SchedulingGroup is { PodGroupName.Length: > 0 } group ? new NamespacedName(pod.Metadata.Namespace, group.PodGroupName) : null;

    public static bool AreOfOneGroup(PodInfo left, PodInfo right) => Of(left.Pod) is { } group && group == Of(right.Pod);

    /// <summary>How many pods of the group there are.</summary>
    public int Count(NamespacedName group) => _groups.TryGetValue(group, out var members) ? members.All.Count : 0;

    /// <summary>How many of them have a node.</summary>
    public int PlacedCount(NamespacedName group) => _groups.TryGetValue(group, out var members) ? members.Placed.Count : 0;

    /// <summary>The UIDs of those that have a node.</summary>
    public IReadOnlyCollection<string> Placed(NamespacedName group) => _groups.TryGetValue(group, out var members) ? members.Placed : [];

    /// <summary>The UIDs of those that have none.</summary>
    public IReadOnlyList<string> Waiting(NamespacedName group) =>
        _groups.TryGetValue(group, out var members) ? [.. members.All.Where(uid => !members.Placed.Contains(uid))] : [];

    /// <summary>A pod without a node has come. One that is known stays as it is.</summary>
    public void Add(PodInfo pod)
    {
        if (Of(pod.Pod) is { } group)
        {
            GetOrAdd(group).All.Add(pod.Uid);
        }
    }

    /// <summary>The cache has the pod on a node.</summary>
    public void Place(PodInfo pod)
    {
        if (Of(pod.Pod) is { } group)
        {
            var members = GetOrAdd(group);
            members.All.Add(pod.Uid);
            members.Placed.Add(pod.Uid);
        }
    }

    /// <summary>The cache has it on no node any more; it is a member still.</summary>
    public void Displace(PodInfo pod)
    {
        if (Of(pod.Pod) is { } group && _groups.TryGetValue(group, out var members))
        {
            members.Placed.Remove(pod.Uid);
        }
    }

    /// <summary>The pod is gone.</summary>
    public void Remove(Pod pod)
    {
        if (Of(pod) is not { } group || !_groups.TryGetValue(group, out var members))
        {
            return;
        }

        members.All.Remove(pod.Metadata.Uid);
        members.Placed.Remove(pod.Metadata.Uid);
        if (members.All.Count == 0)
        {
            _groups.Remove(group);
        }
    }

    private Members GetOrAdd(NamespacedName group)
    {
        if (!_groups.TryGetValue(group, out var members))
        {
            members = new Members([], []);
            _groups[group] = members;
        }

        return members;
    }

    private sealed record Members(HashSet<string> All, HashSet<string> Placed);
}
