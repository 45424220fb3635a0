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
    /// <param name="node">What all pods together may have; empty when that is not enforced.</param>
    public void EnsureTree(IReadOnlyList<CgroupValue> node)
    {
        if (settings.SystemdDriver)
        {
            // systemd makes slices with the first container in them.
            return;
        }

        var top = Path.Combine(settings.Root, Top);
        Make(top);
        Write(top, node);
        Make(Path.Combine(top, "burstable"));
        Make(Path.Combine(top, "besteffort"));
        Write(Path.Combine(top, "besteffort"), [CgroupValues.Shares(settings.IsUnified, LinuxResources.Shares(0))]);
    }

    /// <summary>Limits a cgroup that somebody else made: that of the system's daemons or of the kubelet and the runtime.</summary>
    /// <exception cref="IOException">There is none.</exception>
    public void Limit(string cgroup, IReadOnlyList<CgroupValue> values)
    {
        if (!settings.Folders(cgroup).Any(f => Directory.Exists(f.Folder)))
        {
            throw new IOException($"the cgroup {cgroup} is to be limited by enforceNodeAllocatable and does not exist: make it (a systemd slice, say) or take it out of the configuration");
        }

        Write(cgroup, values);
    }

    public void UpdateClasses(IReadOnlyCollection<Pod> active)
    {
        if (!settings.SystemdDriver)
        {
            Write(Path.Combine(settings.Root, Top, "burstable"), [CgroupValues.OfBurstable(active, settings.IsUnified)]);
        }
    }

    public Task EnsureAsync(Pod pod, CancellationToken cancellationToken)
    {
        if (settings.SystemdDriver)
        {
            return Task.CompletedTask;
        }

        var cgroup = CgroupfsName(pod);
        Make(cgroup);
        Write(cgroup, CgroupValues.OfPod(pod, settings.IsUnified, settings.HasExclusiveCpus(pod.Uid()) ? null : settings.CpuPeriod, settings.PodPids, settings.HugePageSizes));
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

    private void Write(string cgroup, IEnumerable<CgroupValue> values)
    {
        var folders = settings.Folders(cgroup).ToList();
        foreach (var value in values)
        {
            foreach (var (_, folder) in folders.Where(f => f.Controller.Length == 0 || f.Controller == value.Controller))
            {
                // A controller that the host does not have is worked without.
                var path = Path.Combine(folder, value.File);
                if (File.Exists(path))
                {
                    File.WriteAllText(path, value.Value);
                }
            }
        }
    }
}
