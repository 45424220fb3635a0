using System.Diagnostics;
using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.EndToEnd;

/// <summary>Every kubectl at hand: the cluster's own, what ./dev built, and those that NODEAGENT_KUBECTLS names (paths with colons between).</summary>
internal static class Kubectls
{
    public static IReadOnlyList<string> Of(LocalControlPlane plane)
    {
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg
            ? xdg
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache");
        string[] more = [Path.Combine(cache, "nodeagent/kubernetes/kubectl"), .. (Environment.GetEnvironmentVariable("NODEAGENT_KUBECTLS") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)];
        return [.. more.Where(File.Exists).Prepend(plane.Binaries.Kubectl).Select(Path.GetFullPath).Distinct()];
    }

    /// <summary>Starts one that goes on until it is ended.</summary>
    public static Process Start(string kubectl, LocalControlPlane plane, params string[] arguments)
    {
        var info = new ProcessStartInfo(kubectl) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--kubeconfig", plane.AdminKubeconfig, .. arguments])
        {
            info.ArgumentList.Add(argument);
        }

        return Process.Start(info) ?? throw new InvalidOperationException($"{kubectl} did not start");
    }
}
