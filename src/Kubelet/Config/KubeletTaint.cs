namespace NodeAgent.Kubelet.Config;

/// <summary>A taint that the node is registered with.</summary>
internal sealed class KubeletTaint
{
    public string Key { get; set; } = "";

    public string Value { get; set; } = "";

    public string Effect { get; set; } = "";
}
