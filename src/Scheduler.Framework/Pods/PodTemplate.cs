using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>
/// What scheduling needs to know of a pod's spec, parsed once and shared by all pods of a namespace that ask for the same:
/// requests, ports, selectors, tolerations, affinity, spread constraints, images. Volumes, labels and names are not in it.
/// </summary>
public sealed class PodTemplate
{
    internal PodTemplate(int id)
    {
        Id = id;
    }

    /// <summary>Equal for pods with the same template, never used for two.</summary>
    public int Id { get; }

    public required int Priority { get; init; }

    /// <summary>The pod never preempts others (preemptionPolicy Never).</summary>
    public required bool NeverPreempts { get; init; }

    public required string SchedulerName { get; init; }

    /// <summary>What the pod asks for, without zeros, ordered by column. The pod itself (column pods) is not in it.</summary>
    public required IReadOnlyList<ResourceAmount> Requests { get; init; }

    /// <summary>For scoring: cpu with 100m in place of what a container does not ask.</summary>
    public required long NonZeroCpu { get; init; }

    /// <summary>For scoring: memory with 200 MiB in place of what a container does not ask.</summary>
    public required long NonZeroMemory { get; init; }

    public required IReadOnlyList<HostPort> HostPorts { get; init; }

    public required IReadOnlyList<Toleration> Tolerations { get; init; }

    /// <summary>The nodeSelector and the required node affinity together.</summary>
    public required NodeAffinityMatcher RequiredNodeAffinity { get; init; }

    public required IReadOnlyList<PreferredSchedulingTerm> PreferredNodeAffinity { get; init; }

    /// <summary>The spec's affinity as it stands; null without one.</summary>
    public required Affinity? Affinity { get; init; }

    public required IReadOnlyList<TopologySpreadConstraint> TopologySpreadConstraints { get; init; }

    public required IReadOnlyList<PodAffinityRule> RequiredAffinity { get; init; }

    public required IReadOnlyList<PodAffinityRule> RequiredAntiAffinity { get; init; }

    public required IReadOnlyList<PodAffinityRule> PreferredAffinity { get; init; }

    public required IReadOnlyList<PodAffinityRule> PreferredAntiAffinity { get; init; }

    /// <summary>The images of init containers and containers, one entry per container, with the tag <c>latest</c> where none is named.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>What made the spec unreadable for the scheduler; such a pod is not scheduled.</summary>
    public required string? Error { get; init; }

    public bool HasAffinityRules =>
        RequiredAffinity.Count + RequiredAntiAffinity.Count + PreferredAffinity.Count + PreferredAntiAffinity.Count > 0;

    public IReadOnlyList<PodAffinityRule> Rules(PodRuleKind kind) => kind switch
    {
        PodRuleKind.RequiredAffinity => RequiredAffinity,
        PodRuleKind.RequiredAntiAffinity => RequiredAntiAffinity,
        PodRuleKind.PreferredAffinity => PreferredAffinity,
        _ => PreferredAntiAffinity,
    };

    /// <summary>What the pod asks of one resource, or zero.</summary>
    public long Request(int resource)
    {
        foreach (var amount in Requests)
        {
            if (amount.Resource == resource)
            {
                return amount.Amount;
            }
        }

        return 0;
    }
}
