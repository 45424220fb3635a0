using NodeAgent.Kubelet.Pods.Statuses;

namespace NodeAgent.Kubelet.Shutdown;

/// <summary>Whether the host is shutting down, for the node's status and for pods that want to come.</summary>
internal sealed class ShutdownState
{
    private volatile bool _shutsDown;

    public event Action? Changed;

    /// <summary>Why the node is not ready; null when it does not shut down.</summary>
    public string? Problem => _shutsDown ? "node is shutting down" : null;

    public void Set(bool shutsDown)
    {
        _shutsDown = shutsDown;
        Changed?.Invoke();
    }

    /// <returns>Why a pod cannot come; null when it can.</returns>
    public Verdict? Check(Pod pod) => _shutsDown ? new Verdict("NodeShutdown", "Pod was rejected as the node is shutting down.") : null;
}
