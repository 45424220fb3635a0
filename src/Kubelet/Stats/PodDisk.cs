namespace NodeAgent.Kubelet.Stats;

/// <summary>What a pod's files take, as it was last added up. Writable layers and logs are kept by the container's name.</summary>
internal sealed record PodDisk
{
    public IReadOnlyDictionary<string, FsUsage> Rootfs { get; init; } = new Dictionary<string, FsUsage>();

    public IReadOnlyDictionary<string, FsUsage> Logs { get; init; } = new Dictionary<string, FsUsage>();

    public IReadOnlyList<VolumeUsage> Volumes { get; init; } = [];

    /// <summary>What counts as the pod's ephemeral storage.</summary>
    public IReadOnlyList<FsUsage> Ephemeral => [.. Rootfs.Values, .. Logs.Values, .. Volumes.Where(v => v.IsEphemeral).Select(v => v.Usage)];

    /// <summary>A container's writable layer and its logs, in bytes.</summary>
    public long OfContainer(string name) => Bytes(Rootfs, name) + Bytes(Logs, name);

    private static long Bytes(IReadOnlyDictionary<string, FsUsage> files, string name) => files.TryGetValue(name, out var use) ? (long)use.UsedBytes : 0;
}
