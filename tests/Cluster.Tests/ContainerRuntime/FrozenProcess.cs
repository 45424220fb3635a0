using System.Globalization;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>Stops a process and lets it go on.</summary>
internal static class FrozenProcess
{
    /// <returns>When no thread of the process runs any more: the signal alone leaves those on other CPUs running for a moment.</returns>
    public static async Task SetAsync(int id, bool frozen)
    {
        await Command.RunAsync("kill", [frozen ? "-STOP" : "-CONT", id.ToString(CultureInfo.InvariantCulture)]);
        if (frozen)
        {
            await Wait.UntilAsync($"process {id} to be stopped", TimeSpan.FromSeconds(10), () => Task.FromResult(Directory.EnumerateDirectories($"/proc/{id}/task").All(IsStopped)));
        }
    }

    // "12 (a name) T ...": the state stands behind the name, which may have spaces and brackets.
    private static bool IsStopped(string thread)
    {
        var stat = File.ReadAllText(Path.Combine(thread, "stat"));
        return stat[stat.LastIndexOf(')') + 2] == 'T';
    }
}
