using System.Globalization;
using System.Text.RegularExpressions;

namespace NodeAgent.Kubelet.Node;

/// <summary>A process that the kernel killed because memory ran out.</summary>
/// <param name="ContainerId">The container that it was in; empty for one of the host.</param>
/// <param name="OfTheNode">The whole node was out of memory, not one container at its limit.</param>
internal sealed partial record OomKill(string ContainerId, string Process, int Pid, bool OfTheNode)
{
    /// <summary>Reads a line of the kernel's log, such as <c>oom-kill:constraint=CONSTRAINT_MEMCG,...,task_memcg=/kubepods/...,task=tail,pid=12,uid=0</c>.</summary>
    /// <returns>Null when the line tells of something else.</returns>
    public static OomKill? Parse(string line)
    {
        if (Pattern().Match(line) is not { Success: true } match)
        {
            return null;
        }

        var container = ContainerPattern().Match(match.Groups["cgroup"].Value);
        return new OomKill(
            container.Success ? container.Value : "",
            match.Groups["task"].Value,
            int.Parse(match.Groups["pid"].Value, CultureInfo.InvariantCulture),
            match.Groups["constraint"].Value != "CONSTRAINT_MEMCG");
    }

    [GeneratedRegex(@"oom-kill:constraint=(?<constraint>\w+),.*task_memcg=(?<cgroup>[^,]*),task=(?<task>.*),pid=(?<pid>\d+),uid=\d+")]
    private static partial Regex Pattern();

    // Engines put their own words around the id: cri-containerd-4f1c….scope, docker-4f1c….scope.
    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex ContainerPattern();
}
