using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>What the runtime has of one pod at one moment.</summary>
/// <param name="Sandboxes">Newest first.</param>
/// <param name="Containers">Newest first, instances that are dead included.</param>
internal sealed record ObservedPod(ImmutableArray<ObservedSandbox> Sandboxes, ImmutableArray<ObservedContainer> Containers)
{
    public static readonly ObservedPod Nothing = new([], []);

    public ObservedSandbox? CurrentSandbox => Sandboxes.Length > 0 ? Sandboxes[0] : null;

    public bool HasRunningContainers => Containers.Any(c => c.IsRunning);

    /// <summary>Whether anything is left that holds resources: a live container or a sandbox with its network.</summary>
    public bool IsDown => !Containers.Any(c => c.State is Cri.ContainerState.ContainerRunning or Cri.ContainerState.ContainerUnknown) && !Sandboxes.Any(s => s.IsReady);

    /// <summary>The newest instance of the container, whichever sandbox it was in.</summary>
    public ObservedContainer? Latest(string name)
    {
        foreach (var container in Containers)
        {
            if (container.Name == name)
            {
                return container;
            }
        }

        return null;
    }

    /// <summary>Why a new sandbox is needed, and which attempt it would be; null when the current one serves.</summary>
    public SandboxChange? SandboxChangeFor(Pod pod)
    {
        if (CurrentSandbox is not { } current)
        {
            return new SandboxChange(0, "no sandbox exists");
        }

        var next = current.Attempt + 1;
        if (Sandboxes.Count(s => s.IsReady) > 1)
        {
            return new SandboxChange(next, "more than one sandbox is ready");
        }

        if (!current.IsReady)
        {
            return new SandboxChange(next, "the sandbox is not ready");
        }

        if (current.HostNetwork != pod.Spec.HostNetwork)
        {
            return new SandboxChange(next, "the sandbox is in the wrong network namespace");
        }

        return !pod.Spec.HostNetwork && current.IPs.Length == 0 ? new SandboxChange(next, "the sandbox has no address") : null;
    }
}
