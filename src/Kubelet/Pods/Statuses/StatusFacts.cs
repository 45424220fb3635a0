using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>All that <see cref="PodStatusComposer"/> looks at.</summary>
internal sealed record StatusFacts
{
    public required Pod Pod { get; init; }

    /// <summary>The status that was composed last, else the one that the API server has: where transition times and last states come from.</summary>
    public required PodStatus Previous { get; init; }

    public required ObservedPod Observed { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>By container id.</summary>
    public IReadOnlyDictionary<string, ProbeVerdict> Probes { get; init; } = ImmutableDictionary<string, ProbeVerdict>.Empty;

    /// <summary>By container name.</summary>
    public IReadOnlyDictionary<string, StartFailure> Failures { get; init; } = ImmutableDictionary<string, StartFailure>.Empty;

    /// <summary>The resources that running containers have, by container id, where they may differ from the spec.</summary>
    public IReadOnlyDictionary<string, ResourceRequirements> Actual { get; init; } = ImmutableDictionary<string, ResourceRequirements>.Empty;

    /// <summary>The state of the devices that a container has, by its name.</summary>
    public Func<string, IReadOnlyList<ResourceStatus>> Devices { get; init; } = _ => [];

    /// <summary>Whether the runtime makes mounts read-only with all below them; null while that is not known.</summary>
    public bool? RecursiveReadOnly { get; init; }

    /// <summary>The resources of the pod as a whole that its cgroup has, where they may differ from the spec.</summary>
    public ResourceRequirements? ActualOfPod { get; init; }

    /// <summary>The condition PodResizePending, when the node has no room for a resize.</summary>
    public PodCondition? Resize { get; init; }

    /// <summary>The condition PodResizeInProgress, while containers do not have what they are to have.</summary>
    public PodCondition? ResizeInProgress { get; init; }

    public ImmutableArray<string> HostIPs { get; init; } = [];

    /// <summary>The pod's containers are dead and stay so: the phase has to be final.</summary>
    public bool IsTerminated { get; init; }

    /// <summary>The node itself ended the pod: Failed with this reason and message, whatever its containers say.</summary>
    public Verdict? FailedBecause { get; init; }

    /// <summary>The node did not let the pod in: there is nothing to say of its containers.</summary>
    public bool IsRejected { get; init; }

    /// <summary>The condition DisruptionTarget, when the node disrupts the pod.</summary>
    public PodCondition? Disruption { get; init; }
}
