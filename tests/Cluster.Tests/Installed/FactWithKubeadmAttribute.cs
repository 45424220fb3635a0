using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>A test with upstream's kubeadm; skipped, with the reason, when there is none beside the API server at hand.</summary>
public sealed class FactWithKubeadmAttribute : FactAttribute
{
    public FactWithKubeadmAttribute()
    {
        var folder = KubeBinaries.FindAsync().GetAwaiter().GetResult().Folder;
        if (!File.Exists(Path.Combine(folder, "kubeadm")))
        {
            Skip = $"there is no kubeadm in {folder}; name a folder that has one with NODEAGENT_KUBE_BIN";
        }
    }
}
