using System.Collections.Immutable;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>What the node is short of now, for the node's status and for the pods that want to come.</summary>
internal sealed class NodePressure
{
    private static readonly Taint MemoryTaint = new() { Key = "node.kubernetes.io/memory-pressure", Effect = "NoSchedule" };

    private volatile ImmutableSortedSet<string> _conditions = [];

    /// <summary>Called when a condition has begun or ended.</summary>
    public event Action? Changed;

    public bool Has(string condition) => _conditions.Contains(condition);

    public void Set(ImmutableSortedSet<string> conditions)
    {
        if (!conditions.SetEquals(_conditions))
        {
            _conditions = conditions;
            Changed?.Invoke();
        }
    }

    /// <returns>Why the pod cannot come; null when it can. Under memory pressure alone, pods that ask for something may.</returns>
    public Verdict? Check(Pod pod)
    {
        var conditions = _conditions;
        if (conditions.IsEmpty || pod.IsCritical())
        {
            return null;
        }

        var onlyMemory = conditions.Count == 1 && conditions.Contains(EvictionSignals.MemoryPressure);
        if (onlyMemory && (PodQos.Of(pod) != PodQos.BestEffort || Tolerations.FindUntolerated([MemoryTaint], pod.Spec.Tolerations, _ => true) is null))
        {
            return null;
        }

        return new Verdict("Evicted", $"The node had condition: [{string.Join(' ', conditions)}]. ");
    }
}
