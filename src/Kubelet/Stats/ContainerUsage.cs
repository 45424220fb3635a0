namespace NodeAgent.Kubelet.Stats;

/// <summary>What one running container uses.</summary>
/// <param name="Id">The engine's.</param>
/// <param name="Name">Empty for a sandbox.</param>
internal sealed record ContainerUsage(string Id, string Name, string Image, string Cgroup, DateTimeOffset StartedAt, CgroupSample Sample, ulong? NanoCores)
{
    /// <summary>Its processes, by their ids on the host.</summary>
    public IReadOnlyList<int> Processes { get; init; } = [];
}
