using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>A folder that lives as long as the pod, on disk, in memory or in huge pages.</summary>
/// <param name="memory">What the node has for pods, in bytes: the most that a volume in memory may hold.</param>
internal sealed class EmptyDirPlugin(long memory) : IVolumePlugin
{
    public const string PluginName = "kubernetes.io/empty-dir";

    private const string HugePages = "HugePages";

    public string Name => PluginName;

    public bool Supports(VolumeSpec spec) => spec.Source.EmptyDir is not null;

    public Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
    {
        var source = context.Spec.Source.EmptyDir;
        VolumeRoot.Make(context, source.Medium.Length > 0 ? () => Mount(context, source) : null);
        return Task.FromResult(new ReadyVolume(context.Directory));
    }

    /// <summary>The size of a volume in memory: its own limit, the pod's memory limit or what the node has, whichever is least.</summary>
    internal static long MemorySize(Pod pod, EmptyDirVolumeSource source, long memory)
    {
        var size = memory;
        var limit = PodResourceSums.Of(pod, withOverhead: false).MemoryLimit;
        if (limit > 0 && limit < size)
        {
            size = limit;
        }

        var own = source.SizeLimit is { } given ? ResourceAmounts.Units(given) : 0;
        return own > 0 && own < size ? own : size;
    }

    /// <summary>The page size of a volume of medium HugePages or HugePages-&lt;size&gt;, as the mount option wants it.</summary>
    /// <exception cref="VolumeException">The pod's requests do not tell one size.</exception>
    internal static string PageSize(Pod pod, string medium)
    {
        if (medium.StartsWith(HugePages + "-", StringComparison.Ordinal))
        {
            return ToMountOption(medium[(HugePages.Length + 1)..]);
        }

        var sizes = pod.AllContainers().SelectMany(c => c.Spec.Resources?.Requests.Keys ?? Enumerable.Empty<string>())
            .Concat(pod.Spec.Resources?.Requests.Keys ?? Enumerable.Empty<string>())
            .Where(k => k.StartsWith("hugepages-", StringComparison.Ordinal))
            .Distinct()
            .ToList();
        return sizes switch
        {
            [var only] => ToMountOption(only["hugepages-".Length..]),
            [] => throw new VolumeException("medium \"HugePages\" needs a pod that requests huge pages"),
            _ => throw new VolumeException("medium \"HugePages\" can only be used if the pod requests one size of huge pages: use HugePages-<size>"),
        };
    }

    private void Mount(VolumeContext context, EmptyDirVolumeSource source)
    {
        try
        {
            if (source.Medium == "Memory")
            {
                Tmpfs.Mount(context.Directory, MemorySize(context.Pod, source, memory));
            }
            else if (source.Medium.StartsWith(HugePages, StringComparison.Ordinal))
            {
                Libc.Mount("nodev", context.Directory, "hugetlbfs", $"pagesize={PageSize(context.Pod, source.Medium)}");
            }
            else
            {
                throw new VolumeException($"unknown storage medium \"{source.Medium}\"");
            }
        }
        catch (IOException e)
        {
            throw new VolumeException(e.Message, e);
        }
    }

    /// <summary>From 2Mi to 2M.</summary>
    private static string ToMountOption(string size) => size.TrimEnd('i');
}
