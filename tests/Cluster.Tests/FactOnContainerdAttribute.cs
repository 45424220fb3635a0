using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests;

/// <summary>A test of something that older containerds, API servers or runcs do not have; skipped, with the reason, when one at hand is older.</summary>
public sealed class FactOnContainerdAttribute : FactSinceAttribute
{
    // containerd github.com/containerd/containerd 1.6.20~ds1 ...
    private static readonly Lazy<Version> InstalledContainerd = new(() => VersionOf("containerd", word: 2));

    // runc version 1.1.5+ds1, and more lines
    private static readonly Lazy<Version> InstalledRunc = new(() => VersionOf("runc", word: 2));

    /// <param name="major">Of the first containerd that has it.</param>
    /// <param name="minor">Of the first containerd that has it.</param>
    /// <param name="kubernetes">The first minor version of Kubernetes that has it switched on.</param>
    /// <param name="feature">What it is, for the reason.</param>
    /// <param name="runc">The first runc that has it, as 1.2; empty when every one does.</param>
    public FactOnContainerdAttribute(int major, int minor, int kubernetes, string feature, string runc = "")
        : base(kubernetes, feature)
    {
        (ContainerdMajor, ContainerdMinor, Runc) = (major, minor, runc);
        Need("containerd", InstalledContainerd, new Version(major, minor));
        if (runc.Length > 0)
        {
            Need("runc", InstalledRunc, Version.Parse(runc));
        }
    }

    public int ContainerdMajor { get; }

    public int ContainerdMinor { get; }

    public string Runc { get; }

    private void Need(string program, Lazy<Version> installed, Version first)
    {
        if (installed.Value < first)
        {
            var missing = $"{Feature} came with {program} {first}, the one at hand is {installed.Value}; put a later one into PATH";
            Skip = Skip is { } more ? $"{more}. {missing}" : missing;
        }
    }

    private static Version VersionOf(string program, int word)
    {
        var words = Command.RunAsync(program, ["--version"]).GetAwaiter().GetResult().Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return Version.Parse(words[word].TrimStart('v').Split('~', '-', '+')[0]);
    }
}
