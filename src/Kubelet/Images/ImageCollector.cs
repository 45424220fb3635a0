using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Images;

/// <summary>Decides which images go. Pure: what it looks at is given.</summary>
internal static class ImageCollector
{
    /// <summary>What is now known of the images, from what was known before and what the engine has.</summary>
    /// <param name="used">Ids and references of the images of all containers, dead ones included: a dead one may be restarted.</param>
    public static ImmutableDictionary<string, ImageRecord> Update(ImmutableDictionary<string, ImageRecord> before, IEnumerable<Cri.Image> images, IReadOnlySet<string> used, DateTimeOffset now)
    {
        var next = ImmutableDictionary.CreateBuilder<string, ImageRecord>();
        foreach (var image in images)
        {
            var inUse = used.Contains(image.Id) || image.RepoTags.Any(used.Contains) || image.RepoDigests.Any(used.Contains);
            var known = before.GetValueOrDefault(image.Id);
            next[image.Id] = new ImageRecord(image.Id, (long)image.Size, image.Pinned, known?.FirstSeen ?? now, inUse ? now : known?.LastUsed ?? now, inUse);
        }

        return next.ToImmutable();
    }

    /// <summary>Unused for longer than the policy allows.</summary>
    public static IReadOnlyList<ImageRecord> TooOld(IEnumerable<ImageRecord> images, ImageGcPolicy policy, DateTimeOffset now) =>
        policy.MaximumAge > TimeSpan.Zero ? [.. Removable(images).Where(i => now - i.LastUsed > policy.MaximumAge)] : [];

    /// <returns>How many bytes have to go; 0 when the disk is not full enough.</returns>
    public static long BytesToFree(long capacity, long available, ImageGcPolicy policy)
    {
        if (capacity <= 0 || policy.HighPercent >= 100)
        {
            return 0;
        }

        var usedPercent = 100 - (int)(Math.Min(available, capacity) * 100 / capacity);
        return usedPercent >= policy.HighPercent ? Math.Max((capacity * (100 - policy.LowPercent) / 100) - available, 0) : 0;
    }

    /// <summary>The images to remove, least recently used first, until enough bytes are free.</summary>
    public static IReadOnlyList<ImageRecord> ToFree(IEnumerable<ImageRecord> images, long bytes, ImageGcPolicy policy, DateTimeOffset now)
    {
        List<ImageRecord> chosen = [];
        foreach (var image in Removable(images).Where(i => now - i.FirstSeen >= policy.MinimumAge).OrderBy(i => i.LastUsed).ThenBy(i => i.FirstSeen))
        {
            if (bytes <= 0)
            {
                break;
            }

            chosen.Add(image);
            bytes -= image.Size;
        }

        return chosen;
    }

    private static IEnumerable<ImageRecord> Removable(IEnumerable<ImageRecord> images) => images.Where(i => i is { InUse: false, Pinned: false });
}
