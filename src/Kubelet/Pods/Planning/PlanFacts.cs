using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>All that <see cref="PodPlanner"/> looks at.</summary>
/// <param name="Probes">By container id.</param>
/// <param name="BackOffs">The crash back-off of each container that has restarted, by <see cref="ContainerSpecs.BackOffKey"/>.</param>
internal sealed record PlanFacts(
    Pod Pod,
    ObservedPod Observed,
    IReadOnlyDictionary<string, ProbeVerdict> Probes,
    ImmutableDictionary<string, BackOff> BackOffs,
    DateTimeOffset Now);
