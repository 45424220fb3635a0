using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <param name="Root">The cgroup below which kubepods lies, such as <c>/</c>.</param>
/// <param name="SystemdDriver">Names are those of systemd slices, and the runtime makes them through systemd.</param>
/// <param name="IsUnified">cgroup v2.</param>
/// <param name="PodPids">How many processes a pod may have; not above 0 for no limit.</param>
internal sealed record CgroupSettings(string Root, bool SystemdDriver, bool IsUnified, long? CpuPeriod, long PodPids = 0)
{
    private const string MountPoint = "/sys/fs/cgroup";

    /// <summary>Whether the pod has CPUs for itself: then no quota is to slow it down.</summary>
    public Func<PodUid, bool> HasExclusiveCpus { get; init; } = _ => false;

    /// <summary>The sizes of huge pages that the host has, as cgroups name them, such as <c>2MB</c>.</summary>
    public IReadOnlyCollection<string> HugePageSizes { get; init; } = [];

    /// <summary>Whether the host has cgroup v2 alone.</summary>
    public static bool HostIsUnified() => File.Exists(Path.Combine(MountPoint, "cgroup.controllers"));

    /// <summary>Whether the kernel limits the swap of cgroups, with cgroup v2: below the root there is a file for it.</summary>
    public static bool HostLimitsSwap() => Directory.Exists(MountPoint) && Directory.EnumerateDirectories(MountPoint).Any(c => File.Exists(Path.Combine(c, "memory.swap.max")));

    /// <summary>The folders of a cgroup: one with cgroup v2, one per controller with v1.</summary>
    public IEnumerable<(string Controller, string Folder)> Folders(string cgroup)
    {
        var relative = cgroup.TrimStart('/');
        if (IsUnified)
        {
            return [("", Path.Combine(MountPoint, relative))];
        }

        string[] controllers = ["cpu", "cpuset", "memory", "pids", "hugetlb", "blkio", "devices", "freezer", "net_cls", "perf_event", "systemd"];
        return controllers
            // systemd makes a folder for every controller that it knows; without a mount on it, it is no hierarchy.
            .Where(c => File.Exists(Path.Combine(MountPoint, c, "cgroup.procs")))
            .Select(c => (c, Path.Combine(MountPoint, c, relative)));
    }
}
