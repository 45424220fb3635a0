namespace NodeAgent.Kubelet.Config;

/// <summary>Of pods with users of their own.</summary>
internal sealed class KubeletUserNamespaces
{
    /// <summary>How many users and groups each of them has: a multiple of 65536.</summary>
    public long IdsPerPod { get; set; } = 65536;
}
