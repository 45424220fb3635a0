using NodeAgent.Kubelet.Stats;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>One cgroup as /metrics/cadvisor shows it, with the labels that upstream gives it.</summary>
/// <param name="Container">Empty for what is no container of a pod.</param>
/// <param name="Id">The cgroup's path.</param>
/// <param name="Name">The engine's id of a container; empty for other cgroups.</param>
internal sealed record CadvisorRow(string Container, string Id, string Image, string Name, string Namespace, string Pod, CgroupSample Sample)
{
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>Only sandboxes, whose network namespace it is, and the root have any.</summary>
    public IReadOnlyList<InterfaceCounters> Network { get; init; } = [];

    /// <summary>Null for what is no container.</summary>
    public IReadOnlyList<int>? Processes { get; init; }

    /// <summary>Of all its processes.</summary>
    public OpenFiles? Files { get; init; }

    public FsUsage? Fs { get; init; }

    /// <param name="usage">What was measured.</param>
    /// <param name="files">Looks at the files of processes.</param>
    public static IReadOnlyList<CadvisorRow> Of(UsageSnapshot usage, Func<IReadOnlyList<int>, OpenFiles> files)
    {
        var rows = new List<CadvisorRow> { Root(usage) };
        rows.AddRange(usage.Groups.Select(g => new CadvisorRow("", g.Cgroup, "", "", "", "", g.Sample) { StartedAt = g.Sample.CreatedAt }));
        foreach (var pod in usage.Pods)
        {
            var (ns, name) = (pod.Pod.Metadata.Namespace, pod.Pod.Metadata.Name);
            if (pod.Sample is { } sample)
            {
                rows.Add(new CadvisorRow("", pod.Cgroup, "", "", ns, name, sample) { StartedAt = sample.CreatedAt });
            }

            if (pod.Sandbox is { } sandbox)
            {
                rows.Add(new CadvisorRow("", sandbox.Cgroup, sandbox.Image, sandbox.Id, ns, name, sandbox.Sample) { StartedAt = sandbox.StartedAt, Processes = sandbox.Processes, Files = files(sandbox.Processes), Network = pod.Network });
            }

            rows.AddRange(pod.Containers.Select(c => new CadvisorRow(c.Name, c.Cgroup, c.Image, c.Id, ns, name, c.Sample)
            {
                StartedAt = c.StartedAt,
                Processes = c.Processes,
                Files = files(c.Processes),
                Fs = pod.Disk?.Rootfs.GetValueOrDefault(c.Name),
            }));
        }

        return rows;
    }

    /// <summary>The kernel keeps no such figures for the root of the unified hierarchy; the whole host's are the same thing.</summary>
    private static CadvisorRow Root(UsageSnapshot usage)
    {
        var host = usage.Node.Host;
        return new CadvisorRow("", "/", "", "", "", "", new CgroupSample(usage.At)
        {
            CpuNanoseconds = host.CpuNanoseconds,
            UserNanoseconds = host.UserNanoseconds,
            SystemNanoseconds = host.SystemNanoseconds,
            MemoryUsage = host.UsedBytes,
            InactiveFile = host.UsedBytes - Math.Min(host.UsedBytes, host.WorkingSetBytes),
            Cache = host.CacheBytes,
            Rss = host.AnonymousBytes,
            MappedFile = host.MappedBytes,
            Swap = host.SwapTotalBytes - host.SwapFreeBytes,
            PageFaults = host.PageFaults,
            MajorPageFaults = host.MajorPageFaults,
            MemoryLimit = host.TotalBytes,
            CpuPressure = usage.Node.CpuPressure,
            MemoryPressure = usage.Node.MemoryPressure,
            IoPressure = usage.Node.IoPressure,
        })
        {
            StartedAt = host.BootedAt,
            Network = usage.Node.Network,
            Fs = usage.Node.Fs,
        };
    }
}
