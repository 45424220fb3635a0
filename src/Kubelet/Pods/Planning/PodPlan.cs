using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>What is to be done for a pod now. Carried out in the order of the members.</summary>
internal sealed record PodPlan
{
    /// <summary>Kill everything that runs, sandboxes included.</summary>
    public bool KillPod { get; init; }

    /// <summary>Kill single containers; the pod goes on.</summary>
    public ImmutableArray<ContainerKill> Kill { get; init; } = [];

    /// <summary>
    /// Containers that are ended at once and removed with all their traces but the logs, so that the pod starts from its
    /// first init container again; nothing else is planned then. In the order of their removal.
    /// </summary>
    public ImmutableArray<ContainerReset> Reset { get; init; } = [];

    /// <summary>Make a new sandbox first.</summary>
    public SandboxChange? NewSandbox { get; init; }

    /// <summary>In this order: ephemeral, then init, then main containers.</summary>
    public ImmutableArray<ContainerStart> Start { get; init; } = [];

    /// <summary>Containers that wait for their crash back-off.</summary>
    public ImmutableArray<ContainerWait> Waiting { get; init; } = [];

    /// <summary>Dead instances and sandboxes of which the pod has newer ones.</summary>
    public ImmutableArray<string> RemoveContainers { get; init; } = [];

    public ImmutableArray<string> RemoveSandboxes { get; init; } = [];

    /// <summary>When there is something to do that no event will announce.</summary>
    public DateTimeOffset? LookAgainAt => Waiting.IsEmpty ? null : Waiting.Min(w => w.Until);

    public bool IsNothing => !KillPod && Reset.IsEmpty && NewSandbox is null && Kill.IsEmpty && Start.IsEmpty && RemoveContainers.IsEmpty && RemoveSandboxes.IsEmpty;
}
