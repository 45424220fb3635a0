using System.Globalization;

namespace NodeAgent.Kubelet.Stats;

/// <summary>Small facts of the host from /proc.</summary>
internal static class ProcFacts
{
    /// <param name="routes">The content of /proc/net/route.</param>
    /// <returns>The interface of the default route with the lowest metric; empty when there is none.</returns>
    public static string DefaultInterface(string routes) => routes.Split('\n').Skip(1)
        .Select(line => line.Split('\t', StringSplitOptions.TrimEntries))
        .Where(fields => fields is [_, "00000000", _, _, _, _, _, "00000000", ..])
        .MinBy(fields => int.TryParse(fields[6], CultureInfo.InvariantCulture, out var metric) ? metric : int.MaxValue)?[0] ?? "";

    /// <param name="loadavg">The content of /proc/loadavg, whose fourth field is running/all.</param>
    public static long Processes(string loadavg) =>
        loadavg.Split(' ') is [_, _, _, var tasks, ..] && long.TryParse(tasks[(tasks.IndexOf('/') + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var all) ? all : 0;

    /// <summary>The cgroup of this process; with v1 that of the memory controller.</summary>
    public static string OwnCgroup()
    {
        var lines = File.ReadAllLines("/proc/self/cgroup").Select(l => l.Split(':', 3)).Where(f => f.Length == 3).ToList();
        return (lines.FirstOrDefault(f => f[1].Split(',').Contains("memory")) ?? lines.FirstOrDefault(f => f[1].Length == 0))?[2] ?? "";
    }
}
