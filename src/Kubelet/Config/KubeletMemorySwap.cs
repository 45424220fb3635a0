namespace NodeAgent.Kubelet.Config;

/// <summary>Whether containers get swap.</summary>
internal sealed class KubeletMemorySwap
{
    /// <summary>NoSwap, LimitedSwap, or empty for NoSwap.</summary>
    public string SwapBehavior { get; set; } = "";
}
