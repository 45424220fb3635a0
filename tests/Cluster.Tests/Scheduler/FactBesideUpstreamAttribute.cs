using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>A comparison with upstream's kube-scheduler of this version or later; skipped, with the reason, when there is none at hand.</summary>
public sealed class FactBesideUpstreamAttribute : FactAttribute
{
    public FactBesideUpstreamAttribute()
    {
        var binaries = KubeBinaries.FindAsync().GetAwaiter().GetResult();
        if (!binaries.AtLeast(36) || !File.Exists(Path.Combine(binaries.Folder, "kube-scheduler")))
        {
            Skip = $"there is no kube-scheduler v1.36 or later in {binaries.Folder} to compare with; name a folder that has one with NODEAGENT_KUBE_BIN";
        }
    }
}
