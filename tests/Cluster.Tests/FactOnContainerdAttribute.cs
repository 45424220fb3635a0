using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests;

/// <summary>A test of something that older containerds or API servers do not have; skipped, with the reason, when one at hand is older.</summary>
public sealed class FactOnContainerdAttribute : FactAttribute
{
    private static readonly Lazy<Version> Installed = new(() =>
    {
        // containerd github.com/containerd/containerd 1.6.20~ds1 ...
        var words = Command.RunAsync("containerd", ["--version"]).GetAwaiter().GetResult().Output.Split(' ');
        return Version.Parse(words[2].TrimStart('v').Split('~', '-', '+')[0]);
    });

    /// <param name="major">Of the first containerd that has it.</param>
    /// <param name="minor">Of the first containerd that has it.</param>
    /// <param name="kubernetes">The first minor version of Kubernetes that has it switched on.</param>
    /// <param name="feature">What it is, for the reason.</param>
    public FactOnContainerdAttribute(int major, int minor, int kubernetes, string feature)
    {
        (Major, Minor, Kubernetes, Feature) = (major, minor, kubernetes, feature);
        var server = KubeBinaries.FindAsync().GetAwaiter().GetResult();
        if (Installed.Value < new Version(major, minor))
        {
            Skip = $"{feature} came with containerd {major}.{minor}, the one at hand is {Installed.Value}; put a later one into PATH";
        }
        else if (!server.AtLeast(kubernetes))
        {
            Skip = $"{feature} came with Kubernetes v1.{kubernetes}, the API server at hand is v{server.Version}; name a later one with NODEAGENT_KUBE_BIN";
        }
    }

    public int Major { get; }

    public int Minor { get; }

    public int Kubernetes { get; }

    public string Feature { get; }
}
