using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests;

/// <summary>A test of something that older containerds or API servers do not have; skipped, with the reason, when one at hand is older.</summary>
public sealed class FactOnContainerdAttribute : FactSinceAttribute
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
        : base(kubernetes, feature)
    {
        (ContainerdMajor, ContainerdMinor) = (major, minor);
        if (Installed.Value < new Version(major, minor))
        {
            Skip = $"{feature} came with containerd {major}.{minor}, the one at hand is {Installed.Value}; put a later one into PATH";
        }
    }

    public int ContainerdMajor { get; }

    public int ContainerdMinor { get; }
}
