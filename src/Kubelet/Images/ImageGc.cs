using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Kubelet.Metrics;

namespace NodeAgent.Kubelet.Images;

/// <summary>Removes images that nobody uses, when the disk that holds them fills up or when they have been unused for long.</summary>
/// <param name="sandboxImage">The image that sandboxes are made of, which no container shows; empty to ask the engine.</param>
internal sealed partial class ImageGc(IImageService images, IRuntimeService runtime, ImageGcPolicy policy, string sandboxImage, ImageUse use, PullRecords records, Func<ObjectReference> node, IEventRecorder events, ImageMetrics metrics, TimeProvider time, ILogger<ImageGc> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _turn = new(1);
    private readonly DateTimeOffset _start = time.GetUtcNow();
    private ImmutableDictionary<string, ImageRecord> _known = ImmutableDictionary<string, ImageRecord>.Empty;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await CollectAsync(cancellationToken);
            }
            catch (Exception e) when (e is RuntimeException or IOException)
            {
                LogFailed(e.Message);
                events.Record(node(), EventType.Warning, "ImageGCFailed", e.Message);
            }

            await Task.Delay(Every, time, cancellationToken);
        }
    }

    /// <summary>Removes every image that nobody uses, for a node that is short of disk.</summary>
    public Task DeleteUnusedAsync(CancellationToken cancellationToken) =>
        InTurnAsync(now => ForSpace(ImageCollector.ToFree(_known.Values, long.MaxValue, policy, now)), cancellationToken);

    internal async Task CollectAsync(CancellationToken cancellationToken)
    {
        var disk = await DiskAsync(cancellationToken);
        var bytes = disk is { } d ? ImageCollector.BytesToFree(d.Capacity, d.Available, policy) : 0;
        var freed = await InTurnAsync(
            now =>
            {
                // A kubelet that has just started does not know yet how long images have been unused.
                var old = now - _start > policy.MaximumAge ? ImageCollector.TooOld(_known.Values, policy, now) : [];
                return [.. old.Select(o => (o, "age")).Concat(ForSpace(ImageCollector.ToFree(_known.Values.Except(old), bytes - old.Sum(o => o.Size), policy, now)))];
            },
            cancellationToken);
        if (freed < bytes)
        {
            LogTooLittle(bytes, freed);
            events.Record(node(), EventType.Warning, "FreeDiskSpaceFailed", $"Failed to garbage collect required amount of images. Attempted to free {bytes} bytes, but only found {freed} bytes eligible to free.");
        }
    }

    private static IEnumerable<(ImageRecord Image, string Reason)> ForSpace(IEnumerable<ImageRecord> images) => images.Select(i => (i, "space"));

    private async Task<long> InTurnAsync(Func<DateTimeOffset, IEnumerable<(ImageRecord Image, string Reason)>> choose, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var sandbox = sandboxImage.Length > 0 ? sandboxImage : await SandboxImage.AskAsync(runtime, cancellationToken);
            var asked = time.GetUtcNow();
            var listed = await images.ListImagesAsync(null, cancellationToken);
            var containers = await runtime.ListContainersAsync(null, cancellationToken);
            var used = containers.SelectMany(c => (string[])[c.ImageId, c.ImageRef, c.Image?.Image ?? ""]).Append(sandbox).Where(i => i.Length > 0).ToHashSet();
            var now = time.GetUtcNow();
            _known = ImageCollector.Update(_known, listed, used, now);
            var freed = 0L;
            List<string> removed = [];
            foreach (var (image, reason) in choose(now))
            {
                // What is being pulled or is about to become a container is not touched.
                if (use.TryRemove() is not { } removing)
                {
                    continue;
                }

                using (removing)
                {
                    LogRemoving(image.Id, image.Size, image.LastUsed);
                    await images.RemoveImageAsync(new Cri.ImageSpec { Image = image.Id }, cancellationToken);
                }

                metrics.Removed(reason);
                _known = _known.Remove(image.Id);
                freed += image.Size;
                removed.Add(image.Id);
            }

            records.Compare([.. listed.Where(i => !removed.Contains(i.Id))], asked);

            return freed;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<(long Capacity, long Available)?> DiskAsync(CancellationToken cancellationToken)
    {
        var info = await images.ImageFsInfoAsync(cancellationToken);
        var folder = info.ImageFilesystems.FirstOrDefault()?.FsId?.Mountpoint;
        if (string.IsNullOrEmpty(folder) || !Directory.Exists(folder))
        {
            return null;
        }

        var disk = FileSystemUse.Of(folder);
        return (disk.CapacityBytes, disk.AvailableBytes);
    }

    [LoggerMessage(1, LogLevel.Warning, "Collecting unused images failed and is tried again in five minutes: {Error}")]
    private partial void LogFailed(string error);

    [LoggerMessage(2, LogLevel.Information, "Removing image {Image} ({Size} bytes), unused since {LastUsed}")]
    private partial void LogRemoving(string image, long size, DateTimeOffset lastUsed);

    [LoggerMessage(3, LogLevel.Warning, "The images' disk is too full: {Wanted} bytes have to go, images that nobody uses have {Freed}. Remove other data or add space")]
    private partial void LogTooLittle(long wanted, long freed);
}
