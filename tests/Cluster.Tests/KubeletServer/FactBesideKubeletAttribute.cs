using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>A comparison with upstream's kubelet of v1.36 or later; skipped, with the reason, when there is none at hand.</summary>
public sealed class FactBesideKubeletAttribute : FactAttribute
{
    public FactBesideKubeletAttribute()
    {
        var binaries = KubeBinaries.FindAsync().GetAwaiter().GetResult();
        if (!binaries.AtLeast(36) || !File.Exists(Path.Combine(binaries.Folder, "kubelet")))
        {
            Skip = $"there is no kubelet v1.36 or later in {binaries.Folder} to compare with; name a folder that has one with NODEAGENT_KUBE_BIN";
        }
    }
}
