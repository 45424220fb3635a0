using System.Reflection;
using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Metrics;

/// <summary>Which Kubernetes release this build follows, and what it was built from.</summary>
public static class BuildInfo
{
    /// <summary>In the form that kubeadm and the API server expect, such as <c>v1.36.2</c>.</summary>
    public static string GitVersion { get; } = "v" + Metadata("KubernetesVersion");

    /// <summary>Written by the build of each daemon (eng/Daemon.props); empty in other programs and outside a repository.</summary>
    public static string GitCommit { get; } = AppContext.GetData("NodeAgent.GitCommit") as string ?? "";

    /// <summary>The version of NodeAgent itself.</summary>
    public static string NodeAgentVersion { get; } = Assembly().GetName().Version?.ToString(3) ?? "";

    public static string Platform { get; } = "linux/" + RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    public static string Major => GitVersion[1..].Split('.')[0];

    public static string Minor => GitVersion.Split('.')[1];

    public static void Register(MetricsRegistry registry)
    {
        registry.CreateGauge(
            "kubernetes_build_info",
            "A metric with a constant '1' value labeled by major, minor, git version, git commit, git tree state, build date, Go version, and compiler from which Kubernetes was built, and platform on which it is running.",
            "build_date", "compiler", "git_commit", "git_tree_state", "git_version", "go_version", "major", "minor", "platform")
            .WithLabels("", "roslyn", GitCommit, "", GitVersion, "", Major, Minor, Platform).Set(1);
        registry.CreateGauge("nodeagent_build_info", "A metric with a constant '1' value labeled by the version of NodeAgent and of .NET.", "version", "runtime")
            .WithLabels(NodeAgentVersion, Environment.Version.ToString()).Set(1);
    }

    private static Assembly Assembly() => typeof(BuildInfo).Assembly;

    private static string Metadata(string key) =>
        Assembly().GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(a => a.Key == key)?.Value
        ?? throw new InvalidOperationException($"the assembly carries no {key}");
}
