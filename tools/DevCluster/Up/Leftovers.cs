using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Up;

/// <summary>What the daemons leave on a host on purpose, so that a restart disturbs nobody, and what removes it.</summary>
internal static class Leftovers
{
    private static readonly string[] Flavours = ["iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"];

    /// <summary>Removes the chains of kube-proxy, of the kubelet and of the CNI port mapping.</summary>
    public static async Task RemoveRulesAsync(DaemonBinaries binaries)
    {
        await Command.RunAsync(binaries.Proxy, ["--cleanup"], throwOnFailure: false);
        foreach (var iptables in Flavours)
        {
            foreach (var table in new[] { "nat", "filter", "mangle" })
            {
                await RemoveChainsAsync(iptables, table, name => name.StartsWith("KUBE-", StringComparison.Ordinal) || name.StartsWith("CNI-", StringComparison.Ordinal));
            }
        }
    }

    private static async Task RemoveChainsAsync(string iptables, string table, Func<string, bool> isOurs)
    {
        var listed = await Command.RunAsync(iptables, ["-w", "-t", table, "-S"], throwOnFailure: false);
        if (listed.ExitCode != 0)
        {
            return;
        }

        var lines = listed.Output.Split('\n');
        var chains = lines.Where(l => l.StartsWith("-N ", StringComparison.Ordinal)).Select(l => l[3..].Trim()).Where(isOurs).ToHashSet();
        if (chains.Count == 0)
        {
            return;
        }

        var jumps = lines.Where(l => l.StartsWith("-A ", StringComparison.Ordinal) && chains.Any(c => l.Contains($"-j {c}", StringComparison.Ordinal)) && !chains.Contains(l.Split(' ')[1]));
        var script = new List<string> { "*" + table };
        script.AddRange(jumps.Select(l => "-D" + l[2..]));
        script.AddRange(chains.Select(c => "-F " + c));
        script.AddRange(chains.Select(c => "-X " + c));
        script.Add("COMMIT\n");
        await Command.RunAsync(iptables + "-restore", ["--noflush", "-w"], input: string.Join('\n', script));
    }

}
