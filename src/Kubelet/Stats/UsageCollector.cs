using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Resources;

namespace NodeAgent.Kubelet.Stats;

/// <summary>
/// Measures everything on the node when somebody asks: from cgroup files, /proc and the file systems' own counters, never by
/// walking folders. What has to be added up file by file comes from <see cref="DiskUsage"/>.
/// </summary>
internal sealed class UsageCollector(PodManager pods, IPodCgroups cgroups, string cgroupRoot, ICgroupReader reader, DiskUsage disk, TimeProvider time) : IUsageSource
{
    private const string Top = "kubepods";
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly CpuRates _rates = new();
    private (UsageSnapshot Snapshot, UsageDetail Detail)? _last;

    /// <returns>The measurements of now, or of a moment ago when others ask at the same time.</returns>
    public UsageSnapshot Collect(UsageDetail detail)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            if (_last is var (last, lastDetail) && lastDetail >= detail && now - last.At < Fresh && now >= last.At)
            {
                return last;
            }

            HashSet<string> seen = [];
            var node = MeasureNode(now, seen);
            var groups = MeasureGroups(now, detail, seen);
            var measured = pods.Workers.Where(w => w.Observed.HasRunningContainers || w.Observed.CurrentSandbox is { IsReady: true }).Select(w => MeasurePod(w.Pod, w.Observed, now, detail, seen)).ToList();
            _rates.KeepOnly(seen);
            var snapshot = new UsageSnapshot(now, node, groups, measured);
            _last = (snapshot, detail);
            return snapshot;
        }
    }

    private NodeUsage MeasureNode(DateTimeOffset now, HashSet<string> seen)
    {
        var host = HostUsage.Read();
        var files = new CgroupFile();
        return new NodeUsage(host.BootedAt, host, Rate("/", host.CpuNanoseconds, now, seen))
        {
            Network = InterfaceCounters.Parse(File.ReadAllText("/proc/net/dev")),
            DefaultInterface = ProcFacts.DefaultInterface(File.ReadAllText("/proc/net/route")),
            Fs = disk.NodeFs(now),
            ImageFs = disk.ImageFs(now),
            MaxProcesses = (long)(files.Number("/proc/sys/kernel", "pid_max") ?? 0),
            Processes = ProcFacts.Processes(File.ReadAllText("/proc/loadavg")),
            CpuPressure = Pressure.Parse(files.Read("/proc/pressure", "cpu")),
            MemoryPressure = Pressure.Parse(files.Read("/proc/pressure", "memory")),
            IoPressure = Pressure.Parse(files.Read("/proc/pressure", "io")),
        };
    }

    private List<GroupUsage> MeasureGroups(DateTimeOffset now, UsageDetail detail, HashSet<string> seen)
    {
        var groups = new List<GroupUsage>();
        var isSystemd = reader.Children(cgroupRoot).Contains(Top + ".slice");
        var top = Path.Combine(cgroupRoot, isSystemd ? Top + ".slice" : Top);
        Add(top, "pods");
        foreach (var qos in (string[])["burstable", "besteffort"])
        {
            Add(Path.Combine(top, isSystemd ? $"{Top}-{qos}.slice" : qos), "");
        }

        if (ProcFacts.OwnCgroup() is { Length: > 1 } own)
        {
            Add(own, "kubelet");
        }

        return groups;

        void Add(string cgroup, string name)
        {
            if (reader.Read(cgroup, detail) is { } sample)
            {
                groups.Add(new GroupUsage(cgroup, name, sample, Rate(cgroup, sample.CpuNanoseconds, now, seen)));
            }
        }
    }

    private PodUsage MeasurePod(Pod pod, ObservedPod observed, DateTimeOffset now, UsageDetail detail, HashSet<string> seen)
    {
        var cgroup = cgroups.ParentOf(pod) is { Length: > 0 } parent ? SystemdSlices.ToPath(parent) : "";
        var sample = cgroup.Length > 0 ? reader.Read(cgroup, detail) : null;
        var children = sample is null ? [] : reader.Children(cgroup);
        var containers = observed.Containers.Where(c => c.IsRunning).Select(c => MeasureContainer(c.Id, c.Name, c.Image, c.StartedAt, Find(c.Id), now, detail, seen)).OfType<ContainerUsage>().ToList();
        var sandbox = observed.CurrentSandbox is { IsReady: true } current ? MeasureContainer(current.Id, "", "", current.CreatedAt, Find(current.Id), now, detail, seen) : null;
        return new PodUsage(pod, cgroup, sample, sample is null ? null : Rate(cgroup, sample.CpuNanoseconds, now, seen))
        {
            Containers = containers,
            Sandbox = sandbox,
            Network = pod.Spec.HostNetwork || detail < UsageDetail.Summary ? [] : Network(sandbox?.Cgroup, containers),
            Disk = disk.Of(pod.Uid()),
        };

        // cgroupfs names a container's cgroup by its id, systemd by something with the id in it.
        string? Find(string id) => children.FirstOrDefault(c => c.Contains(id, StringComparison.Ordinal)) is { } child ? Path.Combine(cgroup, child) : null;
    }

    private ContainerUsage? MeasureContainer(string id, string name, string image, DateTimeOffset startedAt, string? cgroup, DateTimeOffset now, UsageDetail detail, HashSet<string> seen)
    {
        if (cgroup is null || reader.Read(cgroup, detail) is not { } sample)
        {
            return null;
        }

        return new ContainerUsage(id, name, image, cgroup, startedAt, sample, Rate(cgroup, sample.CpuNanoseconds, now, seen)) { Processes = detail >= UsageDetail.Summary ? reader.Processes(cgroup) : [] };
    }

    /// <summary>Any process of the pod shows the pod's network.</summary>
    private IReadOnlyList<InterfaceCounters> Network(string? sandbox, List<ContainerUsage> containers)
    {
        foreach (var cgroup in containers.Select(c => c.Cgroup).Prepend(sandbox).OfType<string>())
        {
            foreach (var process in reader.Processes(cgroup).Take(1))
            {
                try
                {
                    return InterfaceCounters.Parse(File.ReadAllText($"/proc/{process}/net/dev"));
                }
                catch (IOException)
                {
                    // It has just ended; the next container's is as good.
                }
            }
        }

        return [];
    }

    private ulong? Rate(string key, ulong nanoseconds, DateTimeOffset now, HashSet<string> seen)
    {
        seen.Add(key);
        return _rates.Update(key, nanoseconds, now);
    }
}
