namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>The part that a container plays in its pod.</summary>
internal enum ContainerKind
{
    Main,

    /// <summary>Runs to its end before the next starts.</summary>
    Init,

    /// <summary>An init container with restartPolicy Always: keeps running beside the main containers.</summary>
    Sidecar,

    /// <summary>Added to a running pod by <c>kubectl debug</c>; never restarted.</summary>
    Ephemeral,
}
