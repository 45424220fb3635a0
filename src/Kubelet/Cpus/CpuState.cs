using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>Which CPUs all share, and which containers have CPUs for themselves.</summary>
internal sealed record CpuState(CpuSet Shared, ImmutableSortedDictionary<string, ImmutableSortedDictionary<string, CpuSet>> Exclusive)
{
    public static readonly CpuState Empty = new(CpuSet.Empty, ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<string, CpuSet>>(StringComparer.Ordinal));

    /// <summary>All that are taken.</summary>
    public CpuSet Taken => Exclusive.Values.SelectMany(p => p.Values).Aggregate(CpuSet.Empty, (all, one) => all.Union(one));

    public CpuSet? Of(PodUid pod, string container) => Exclusive.GetValueOrDefault(pod.Value)?.GetValueOrDefault(container);

    public CpuState Give(PodUid pod, string container, CpuSet cpus)
    {
        var containers = Exclusive.GetValueOrDefault(pod.Value) ?? ImmutableSortedDictionary.Create<string, CpuSet>(StringComparer.Ordinal);
        return new CpuState(Shared.Except(cpus), Exclusive.SetItem(pod.Value, containers.SetItem(container, cpus)));
    }

    public CpuState Release(PodUid pod) => Exclusive.TryGetValue(pod.Value, out var containers)
        ? new CpuState(containers.Values.Aggregate(Shared, (all, one) => all.Union(one)), Exclusive.Remove(pod.Value))
        : this;
}
