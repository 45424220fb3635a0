using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests;

/// <summary>A test of something that older API servers do not have; skipped, with the reason, when the one at hand is older.</summary>
public class FactSinceAttribute : FactAttribute
{
    /// <param name="minor">The first minor version of Kubernetes that has it.</param>
    /// <param name="feature">What it is, for the reason.</param>
    public FactSinceAttribute(int minor, string feature)
    {
        Minor = minor;
        Feature = feature;
        var version = KubeBinaries.FindAsync().GetAwaiter().GetResult().Version;
        if (version < new Version(1, minor))
        {
            Skip = $"{feature} came with Kubernetes v1.{minor}, the API server at hand is v{version}; name a later one with NODEAGENT_KUBE_BIN";
        }
    }

    public int Minor { get; }

    public string Feature { get; }
}
