namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>What of the engine and the host decides how a container is made.</summary>
/// <param name="Api">The agreed API version.</param>
/// <param name="SystemdCgroups">The engine's cgroup driver is systemd.</param>
/// <param name="RootDirectory">Where the engine keeps its containers.</param>
/// <param name="Runtimes">The names of the engine's OCI runtimes.</param>
/// <param name="OomScoreFloor">The lowest OOM score adjustment that the host lets a container have.</param>
internal sealed record EngineFacts(Version Api, bool SystemdCgroups, string RootDirectory, IReadOnlyCollection<string> Runtimes, int OomScoreFloor)
{
    /// <summary>The engine takes a path with cgroupfs, and the name of the last slice with systemd.</summary>
    public string? CgroupParent(string? parent) =>
        string.IsNullOrEmpty(parent) ? null : SystemdCgroups ? Path.GetFileName(parent.TrimEnd('/')) : parent;
}
