using System.Collections.Immutable;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Measures what pods use. Disks are walked only when that is asked for.</summary>
internal sealed class PodUsageReader(IRuntimeService runtime, PodPaths paths)
{
    private const string EmptyDirFolder = "kubernetes.io~empty-dir";

    public async Task<IReadOnlyList<PodUsage>> ReadAsync(IReadOnlyCollection<Pod> pods, bool withDisk, CancellationToken cancellationToken)
    {
        var stats = (await runtime.ListContainerStatsAsync(null, cancellationToken))
            .Where(s => s.Attributes?.Labels.ContainsKey(RuntimeLabels.PodUid) == true)
            .ToLookup(s => s.Attributes.Labels[RuntimeLabels.PodUid]);
        var processes = await ProcessesAsync(cancellationToken);
        return [.. pods.Select(p => Read(p, stats[p.Metadata.Uid], processes.GetValueOrDefault(p.Metadata.Uid), withDisk))];
    }

    /// <summary>What an emptyDir volume holds, in bytes.</summary>
    public long EmptyDir(Pod pod, string volume) => FolderSize.Of(paths.VolumeDirectory(pod.Uid(), EmptyDirFolder, volume)).Bytes;

    private PodUsage Read(Pod pod, IEnumerable<Cri.ContainerStats> stats, long processes, bool withDisk)
    {
        var containers = ImmutableArray.CreateBuilder<ContainerUse>();
        var (bytes, inodes) = (0L, 0L);
        foreach (var container in stats)
        {
            var name = container.Attributes.Metadata?.Name ?? "";
            var disk = (long)(container.WritableLayer?.UsedBytes?.Value ?? 0);
            inodes += (long)(container.WritableLayer?.InodesUsed?.Value ?? 0);
            if (withDisk)
            {
                disk += FolderSize.Of(Path.Combine(paths.PodLogs(pod), name)).Bytes;
            }

            bytes += disk;
            containers.Add(new ContainerUse(name, (long)(container.Memory?.WorkingSetBytes?.Value ?? 0), disk));
        }

        if (withDisk)
        {
            var volumes = FolderSize.Of(Path.Combine(paths.VolumesDirectory(pod.Uid()), EmptyDirFolder));
            (bytes, inodes) = (bytes + volumes.Bytes, inodes + volumes.Inodes);
        }

        return new PodUsage(pod, containers.Sum(c => c.Memory), bytes, inodes, processes, containers.ToImmutable());
    }

    private async Task<IReadOnlyDictionary<string, long>> ProcessesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await runtime.ListPodSandboxStatsAsync(null, cancellationToken))
                .GroupBy(s => s.Attributes?.Metadata?.Uid ?? "")
                .ToDictionary(g => g.Key, g => g.Sum(s => (long)(s.Linux?.Process?.ProcessCount?.Value ?? 0)));
        }
        catch (Exception e) when (e is RuntimeException or NotSupportedException)
        {
            // An engine that does not count processes.
            return ImmutableDictionary<string, long>.Empty;
        }
    }
}
