namespace NodeAgent.Kubelet.Stats;

/// <summary>What a pod's files take, as it was last added up.</summary>
internal sealed record PodDisk
{
    public IReadOnlyDictionary<string, FsUsage> Rootfs { get; init; } = new Dictionary<string, FsUsage>();

    public IReadOnlyDictionary<string, FsUsage> Logs { get; init; } = new Dictionary<string, FsUsage>();

    public IReadOnlyList<VolumeUsage> Volumes { get; init; } = [];
}
