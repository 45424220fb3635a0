using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Stats;

/// <summary>
/// What pods' files take: volumes, logs, writable layers. Adding them up walks folders, so a loop of its own does it, once in
/// volumeStatsAggPeriod, one pod after the other; scrapes take what was found last.
/// </summary>
internal sealed partial class DiskUsage(PodManager pods, VolumeManager volumes, PodPaths paths, IRuntimeService runtime, IImageService images, TimeSpan period, TimeProvider time, ILogger<DiskUsage> logger)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<PodUid, PodDisk> _found = new();
    private volatile string? _imagePath;
    private FsUsage? _imageUse;

    /// <summary>Told of each volume: how it was measured, <c>statfs</c> or <c>du</c>, and how long that took.</summary>
    public Action<string, TimeSpan>? Measured { get; set; }

    public PodDisk? Of(PodUid uid) => _found.GetValueOrDefault(uid);

    public FsUsage? NodeFs(DateTimeOffset now) => FsUsage.OfFileSystem(paths.RootDirectory, now);

    public FsUsage? ImageFs(DateTimeOffset now) =>
        _imagePath is { } path && FsUsage.OfFileSystem(path, now) is { } fs ? _imageUse is { } use ? fs.WithPart(use.At, use.UsedBytes, use.InodesUsed) : fs : null;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(FirstLook, time, cancellationToken);
        while (true)
        {
            try
            {
                await LookAsync(cancellationToken);
            }
            catch (Exception e) when (e is RuntimeException or IOException or UnauthorizedAccessException)
            {
                LogFailed(e.Message);
            }

            await Task.Delay(period, time, cancellationToken);
        }
    }

    /// <summary>Adds everything up once.</summary>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var info = await images.ImageFsInfoAsync(cancellationToken);
        if (info.ImageFilesystems.FirstOrDefault() is { FsId.Mountpoint: { Length: > 0 } mountPoint } image)
        {
            _imagePath = mountPoint;
            Volatile.Write(ref _imageUse, new FsUsage(time.GetUtcNow(), image.UsedBytes?.Value ?? 0, image.InodesUsed?.Value ?? 0));
        }

        await MeasureAsync([.. pods.Workers.Where(w => !w.IsDone)], cancellationToken);
    }

    /// <summary>Adds up the files of some pods now, which others see from then on.</summary>
    /// <exception cref="RuntimeException">The engine does not say what writable layers take.</exception>
    public async Task<IReadOnlyDictionary<PodUid, PodDisk>> MeasureAsync(IReadOnlyCollection<PodWorker> workers, CancellationToken cancellationToken)
    {
        var layers = (await runtime.ListContainerStatsAsync(null, cancellationToken)).Where(s => s.Attributes is not null && s.WritableLayer is not null).GroupBy(s => s.Attributes.Id).ToDictionary(g => g.Key, g => g.First().WritableLayer);
        var measured = new Dictionary<PodUid, PodDisk>();
        foreach (var worker in workers)
        {
            measured[worker.Uid] = _found[worker.Uid] = await Task.Run(() => Measure(worker.Pod, worker.Observed, layers, cancellationToken), cancellationToken);
        }

        // Here and not in the loop, which volumeStatsAggPeriod may have turned off.
        var known = pods.Workers.Select(w => w.Uid).ToHashSet();
        foreach (var gone in _found.Keys.Where(u => !known.Contains(u)))
        {
            _found.TryRemove(gone, out _);
        }

        return measured;
    }

    private PodDisk Measure(Pod pod, ObservedPod observed, IReadOnlyDictionary<string, Cri.FilesystemUsage> layers, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (rootfs, logs) = (new Dictionary<string, FsUsage>(), new Dictionary<string, FsUsage>());
        var (imageFs, logFs) = (ImageFs(now) ?? NodeFs(now), FsUsage.OfFileSystem(paths.PodLogsRoot, now));
        foreach (var container in observed.Containers.Where(c => c.IsRunning))
        {
            if (layers.TryGetValue(container.Id, out var layer) && imageFs is not null)
            {
                rootfs[container.Name] = imageFs.WithPart(now, layer.UsedBytes?.Value ?? 0, layer.InodesUsed?.Value ?? 0);
            }

            if (logFs is not null)
            {
                var (bytes, files) = LogsOf(Path.Combine(paths.PodLogs(pod), container.Name));
                logs[container.Name] = logFs.WithPart(now, bytes, files);
            }
        }

        return new PodDisk { Rootfs = rootfs, Logs = logs, Volumes = [.. pod.Spec.Volumes.Select(v => MeasureVolume(pod, v, now, cancellationToken)).OfType<VolumeUsage>()] };
    }

    private VolumeUsage? MeasureVolume(Pod pod, Volume volume, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        // A folder of the host is not the pod's, and may be the whole disk.
        if (volume.VolumeSource?.HostPath is not null || volumes.FolderOf(pod.Uid(), volume.Name) is not { } folder || FsUsage.OfFileSystem(folder, now) is not { } fs)
        {
            return null;
        }

        var claim = VolumeResolver.ClaimName(pod, volume) ?? "";
        if (claim.Length > 0 || Mono.Unix.Native.Syscall.lstat(folder, out var own) != 0 || Mono.Unix.Native.Syscall.lstat(paths.RootDirectory, out var root) != 0)
        {
            return Done("statfs", new VolumeUsage(volume.Name, fs, IsEphemeral: false, claim));
        }

        // What is a mount of its own, such as memory, knows its use; the rest has to be added up.
        if (own.st_dev != root.st_dev)
        {
            return Done("statfs", new VolumeUsage(volume.Name, fs, IsEphemeral: false));
        }

        var (bytes, inodes) = DirectorySize.Of(folder, cancellationToken);
        return Done("du", new VolumeUsage(volume.Name, fs.WithPart(now, bytes, inodes), IsEphemeral: true));

        VolumeUsage Done(string how, VolumeUsage usage)
        {
            Measured?.Invoke(how, time.GetElapsedTime(start));
            return usage;
        }
    }

    /// <summary>Links are followed: with Docker Engine the logs are in its own folder.</summary>
    private static (ulong Bytes, ulong Files) LogsOf(string folder)
    {
        var (bytes, files) = (0UL, 0UL);
        foreach (var path in Directory.Exists(folder) ? Directory.EnumerateFiles(folder) : [])
        {
            if (Mono.Unix.Native.Syscall.stat(path, out var stat) == 0)
            {
                bytes += (ulong)stat.st_size;
                files++;
            }
        }

        return (bytes, files);
    }

    [LoggerMessage(1, LogLevel.Warning, "Adding up the disk use of pods failed and is tried again later: {Error}")]
    private partial void LogFailed(string error);
}
