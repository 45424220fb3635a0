using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests;

/// <summary>A comparison with upstream's daemon of v1.36 or later; skipped, with the reason, when there is none at hand.</summary>
public sealed class FactBesideUpstreamAttribute : FactAttribute
{
    /// <param name="daemon">Its program, such as <c>kubelet</c>.</param>
    public FactBesideUpstreamAttribute(string daemon)
    {
        var binaries = KubeBinaries.FindAsync().GetAwaiter().GetResult();
        if (!binaries.AtLeast(36) || !File.Exists(Path.Combine(binaries.Folder, daemon)))
        {
            Skip = $"there is no {daemon} v1.36 or later in {binaries.Folder} to compare with; name a folder that has one with NODEAGENT_KUBE_BIN";
        }
    }
}
