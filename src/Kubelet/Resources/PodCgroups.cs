using System.Globalization;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <summary>
/// The cgroup tree as upstream lays it out: kubepods, below it burstable and besteffort, below these (or kubepods itself,
/// for guaranteed pods) one cgroup per pod.
/// </summary>
internal sealed class PodCgroups(CgroupSettings settings) : IPodCgroups
{
    private const string Top = "kubepods";
    private static readonly TimeSpan RemovePause = TimeSpan.FromMilliseconds(20);
    private const int RemoveTries = 50;

    public string ParentOf(Pod pod) => settings.SystemdDriver ? SystemdName(pod) : CgroupfsName(pod);

    /// <summary>Makes kubepods and the classes; to be called at the start.</summary>
    public void EnsureTree(long memoryLimit)
    {
        if (settings.SystemdDriver)
        {
            // systemd makes slices with the first container in them.
            return;
        }

        var top = Path.Combine(settings.Root, Top);
        Make(top);
        if (memoryLimit > 0)
        {
            WriteIfThere(top, "memory", settings.IsUnified ? "memory.max" : "memory.limit_in_bytes", memoryLimit);
        }

        Make(Path.Combine(top, "burstable"));
        Make(Path.Combine(top, "besteffort"));
        SetShares(Path.Combine(top, "besteffort"), LinuxResources.Shares(0));
    }

    public Task EnsureAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (settings.SystemdDriver)
        {
            return Task.CompletedTask;
        }

        var cgroup = CgroupfsName(pod);
        Make(cgroup);
        var sums = PodResourceSums.Of(pod, withOverhead: true);
        SetShares(cgroup, LinuxResources.Shares(PodQos.Of(pod) == PodQos.BestEffort ? 0 : sums.CpuRequestMilli));
        if (sums.CpuLimitMilli > 0 && settings.CpuPeriod is { } period)
        {
            var quota = LinuxResources.Quota(sums.CpuLimitMilli, period);
            if (settings.IsUnified)
            {
                WriteIfThere(cgroup, "cpu", "cpu.max", string.Create(CultureInfo.InvariantCulture, $"{quota} {period}"));
            }
            else
            {
                WriteIfThere(cgroup, "cpu", "cpu.cfs_period_us", period);
                WriteIfThere(cgroup, "cpu", "cpu.cfs_quota_us", quota);
            }
        }

        if (sums.MemoryLimit > 0)
        {
            WriteIfThere(cgroup, "memory", settings.IsUnified ? "memory.max" : "memory.limit_in_bytes", sums.MemoryLimit);
        }

        return Task.CompletedTask;
    }

    public async Task RemoveAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (settings.SystemdDriver)
        {
            return;
        }

        foreach (var (_, folder) in settings.Folders(CgroupfsName(pod)))
        {
            await RemoveFolderAsync(folder, cancellationToken);
        }
    }

    public async Task RemoveOrphansAsync(Func<PodUid, bool> isKnown, CancellationToken cancellationToken)
    {
        const string Prefix = "pod";
        if (settings.SystemdDriver)
        {
            return;
        }

        var top = Path.Combine(settings.Root, Top);
        foreach (var parent in (string[])[top, Path.Combine(top, "burstable"), Path.Combine(top, "besteffort")])
        {
            foreach (var (_, folder) in settings.Folders(parent).Where(f => Directory.Exists(f.Folder)))
            {
                foreach (var orphan in Directory.EnumerateDirectories(folder, Prefix + "*").Where(d => !isKnown(new PodUid(Path.GetFileName(d)[Prefix.Length..]))).ToList())
                {
                    await RemoveFolderAsync(orphan, cancellationToken);
                }
            }
        }
    }

    private static async Task RemoveFolderAsync(string folder, CancellationToken cancellationToken)
    {
        for (var tries = 0; Directory.Exists(folder); tries++)
        {
            try
            {
                if (tries > 0)
                {
                    KillLeft(folder);
                }

                foreach (var child in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
                {
                    Directory.Delete(child);
                }

                // The files in a cgroup's folder are the kernel's: the folder goes as if it were empty.
                Directory.Delete(folder);
            }
            catch (IOException) when (tries < RemoveTries)
            {
                // The runtime is still taking the last process out.
                await Task.Delay(RemovePause, cancellationToken);
            }
            catch (DirectoryNotFoundException)
            {
                return;
            }
        }
    }

    /// <summary>Every container of the pod is gone from the runtime: a process that is still here is nobody's.</summary>
    private static void KillLeft(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "cgroup.procs", SearchOption.AllDirectories))
        {
            foreach (var line in File.ReadLines(file))
            {
                if (int.TryParse(line, CultureInfo.InvariantCulture, out var pid))
                {
                    // Gone meanwhile is as good as killed.
                    _ = Mono.Unix.Native.Syscall.kill(pid, Mono.Unix.Native.Signum.SIGKILL);
                }
            }
        }
    }

    private string CgroupfsName(Pod pod)
    {
        var name = "pod" + pod.Metadata.Uid;
        var top = Path.Combine(settings.Root, Top);
        return PodQos.Of(pod) switch
        {
            PodQos.Guaranteed => Path.Combine(top, name),
            PodQos.Burstable => Path.Combine(top, "burstable", name),
            _ => Path.Combine(top, "besteffort", name),
        };
    }

    private string SystemdName(Pod pod)
    {
        var uid = pod.Metadata.Uid.Replace('-', '_');
        var root = settings.Root.Trim('/');
        var prefix = root.Length > 0 ? root.Replace('/', '-') + "-" + Top : Top;
        return PodQos.Of(pod) switch
        {
            PodQos.Guaranteed => $"{prefix}-pod{uid}.slice",
            PodQos.Burstable => $"{prefix}-burstable-pod{uid}.slice",
            _ => $"{prefix}-besteffort-pod{uid}.slice",
        };
    }

    private void Make(string cgroup)
    {
        if (settings.IsUnified)
        {
            MakeUnified(cgroup);
            return;
        }

        foreach (var (controller, folder) in settings.Folders(cgroup))
        {
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                if (controller == "cpuset")
                {
                    InheritCpuset(folder);
                }
            }
        }
    }

    /// <summary>With cgroup v2 a child has a controller only when its parent hands it down.</summary>
    private static void MakeUnified(string cgroup)
    {
        var path = "/sys/fs/cgroup";
        foreach (var part in cgroup.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var available = File.ReadAllText(Path.Combine(path, "cgroup.controllers")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            var control = Path.Combine(path, "cgroup.subtree_control");
            foreach (var controller in available.Except(File.ReadAllText(control).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))
            {
                File.WriteAllText(control, "+" + controller);
            }

            path = Path.Combine(path, part);
            Directory.CreateDirectory(path);
        }
    }

    /// <summary>A cpuset of cgroup v1 starts empty, and takes no process until it has CPUs and memory nodes.</summary>
    private static void InheritCpuset(string folder)
    {
        foreach (var file in (string[])["cpuset.cpus", "cpuset.mems"])
        {
            var parent = Path.Combine(Path.GetDirectoryName(folder)!, file);
            if (File.Exists(parent))
            {
                File.WriteAllText(Path.Combine(folder, file), File.ReadAllText(parent).Trim());
            }
        }
    }

    private void SetShares(string cgroup, long shares)
    {
        if (settings.IsUnified)
        {
            WriteIfThere(cgroup, "cpu", "cpu.weight", LinuxResources.Weight(shares));
        }
        else
        {
            WriteIfThere(cgroup, "cpu", "cpu.shares", shares);
        }
    }

    private void WriteIfThere(string cgroup, string controller, string file, long value) => WriteIfThere(cgroup, controller, file, value.ToString(CultureInfo.InvariantCulture));

    private void WriteIfThere(string cgroup, string controller, string file, string value)
    {
        foreach (var (name, folder) in settings.Folders(cgroup).Where(f => f.Controller == "" || f.Controller == controller))
        {
            var path = Path.Combine(folder, file);
            if (File.Exists(path))
            {
                File.WriteAllText(path, value);
            }
        }
    }
}
