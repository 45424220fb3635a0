using System.Collections.Concurrent;
using System.Collections.Immutable;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Volumes.Csi;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>
/// Makes the volumes of pods ready, keeps their content up to date and takes them down. Desired is what the pod's spec says;
/// actual is read from the pod's folder and the mount table, so that a kubelet that starts anew knows as much as the one
/// before it; a pod's worker reconciles the two at every step, and tries again what failed.
/// </summary>
internal sealed class VolumeManager(PodPaths paths, IReadOnlyList<IVolumePlugin> plugins, ServiceAccountTokens tokens, VolumeResolver resolver, Func<KubeApi.Core.V1.Node?> node, TimeProvider time)
{
    /// <summary>How long what a claim leads to is taken as it was: claims grow, and little else of them changes.</summary>
    private static readonly TimeSpan ClaimsKept = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan CalledOffWithin = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(PodUid Pod, string Volume), (VolumeSpec Spec, long At)> _resolved = new();

    /// <summary>
    /// What is being set up now. A mount may not return, and cannot be called off: a worker that is called away leaves it here,
    /// and finds it here when it comes back, so that it is not begun twice.
    /// </summary>
    private readonly ConcurrentDictionary<(PodUid Pod, string Volume), Lazy<Task<ReadyVolume>>> _underWay = new();

    /// <summary>Makes all volumes of the pod ready, or brings them up to date; idempotent.</summary>
    /// <exception cref="VolumesException">Some cannot be made ready; the others are.</exception>
    public async Task<ReadyVolumes> SetUpAsync(Pod pod, DownwardFields fields, CancellationToken cancellationToken)
    {
        var ready = ImmutableDictionary.CreateBuilder<string, ReadyVolume>();
        List<VolumeException> failures = [];
        var used = UsedNames(pod);
        var all = pod.Spec.Volumes.Where(v => used.Contains(v.Name)).Select(volume => (volume.Name, Task: SetUpOnceAsync(pod, volume, fields, cancellationToken))).ToList();
        foreach (var (name, task) in all)
        {
            try
            {
                ready[name] = await task;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(e is VolumeException { IsWhole: true } whole ? whole : new VolumeException($"MountVolume.SetUp failed for volume \"{name}\" : {e.Message}", e));
            }
        }

        return failures.Count == 0 ? new ReadyVolumes(ready.ToImmutable()) : throw new VolumesException(failures);
    }

    /// <summary>Unmounts and removes what the pod had. Never deletes through a mount point.</summary>
    /// <exception cref="VolumeException">Something is in use or still being set up; what could go is gone.</exception>
    public async Task TearDownAsync(PodUid uid, CancellationToken cancellationToken = default)
    {
        if (await BusyAsync(uid, cancellationToken) is { } busy)
        {
            throw new VolumeException($"UnmountVolume.TearDown failed for volume \"{busy}\" (UID: \"{uid}\") : it is still being set up");
        }

        tokens.Forget(uid);
        foreach (var key in _resolved.Keys.Where(k => k.Pod == uid))
        {
            _resolved.TryRemove(key, out _);
        }

        var directory = paths.PodDirectory(uid);
        if (!Directory.Exists(directory))
        {
            return;
        }

        // Parts of volumes first: they keep the volumes busy.
        await Task.Run(() => Unmounting.AllBelow(Path.Combine(directory, "volume-subpaths")), cancellationToken);
        List<Exception> failures = [];
        foreach (var (plugin, name, folder) in Volumes(uid))
        {
            try
            {
                await plugin.TearDownAsync(uid, name, folder, cancellationToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(new VolumeException($"UnmountVolume.TearDown failed for volume \"{name}\" (UID: \"{uid}\") : {e.Message}", e));
            }
        }

        if (failures.Count > 0)
        {
            throw failures.Count == 1 ? failures[0] : new VolumeException(string.Join("; ", failures.Select(f => f.Message)), failures[0]);
        }

        await Task.Run(
            () =>
            {
                Unmounting.AllBelow(directory);
                Unmounting.RemoveTree(directory);
            },
            cancellationToken);
    }

    /// <summary>Pods that have a folder on this host.</summary>
    public IReadOnlyList<PodUid> Known() =>
        Directory.Exists(paths.PodsRoot) ? [.. Directory.EnumerateDirectories(paths.PodsRoot).Select(d => new PodUid(Path.GetFileName(d)))] : [];

    /// <summary>Where a pod's volume lies, if it is there and lies below the pod's folder.</summary>
    public string? FolderOf(PodUid uid, string volume)
    {
        // A claim's folder has the name of what the claim is bound to.
        var name = _resolved.TryGetValue((uid, volume), out var known) ? known.Spec.Name : volume;
        var root = paths.VolumesDirectory(uid);
        var folder = Directory.Exists(root) ? Directory.EnumerateDirectories(root).Select(plugin => Path.Combine(plugin, name)).FirstOrDefault(Directory.Exists) : null;
        return folder is not null && Path.GetFileName(Path.GetDirectoryName(folder)) == CsiPaths.Escaped ? Path.Combine(folder, CsiPaths.MountFolder) : folder;
    }

    /// <summary>Returns when the volume is ready, or at once when the worker is called away; what was begun goes on then.</summary>
    private async Task<ReadyVolume> SetUpOnceAsync(Pod pod, Volume volume, DownwardFields fields, CancellationToken cancellationToken)
    {
        var key = (pod.Uid(), volume.Name);
        var begun = _underWay.GetOrAdd(key, _ => new Lazy<Task<ReadyVolume>>(() => Task.Run(() => SetUpOneAsync(pod, volume, fields, cancellationToken), CancellationToken.None)));
        _ = begun.Value.ContinueWith(_ => _underWay.TryRemove(KeyValuePair.Create(key, begun)), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return await begun.Value.WaitAsync(cancellationToken);
    }

    /// <summary>A volume of the pod that is still being set up; those that are called off soon are waited for.</summary>
    private async Task<string?> BusyAsync(PodUid uid, CancellationToken cancellationToken)
    {
        var begun = _underWay.Where(u => u.Key.Pod == uid).ToList();
        if (begun.Count > 0)
        {
            var all = Task.WhenAll(begun.Select(b => b.Value.Value.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)));
            await Task.WhenAny(all, Task.Delay(CalledOffWithin, time, cancellationToken));
        }

        return begun.Where(b => !b.Value.Value.IsCompleted).Select(b => b.Key.Volume).FirstOrDefault();
    }

    private async Task<ReadyVolume> SetUpOneAsync(Pod pod, Volume volume, DownwardFields fields, CancellationToken cancellationToken)
    {
        var spec = await ResolveAsync(pod, volume, cancellationToken);
        var plugin = plugins.FirstOrDefault(p => p.Supports(spec))
            ?? throw new VolumeException($"no volume plugin matched: this kubelet does not support the volume's type ({KindOf(spec)}); a CSI driver may");
        CheckNode(spec);
        var directory = paths.VolumeDirectory(pod.Uid(), Escape(plugin.Name), spec.Name);
        return await plugin.SetUpAsync(new VolumeContext(pod, spec, directory, fields), cancellationToken);
    }

    private async Task<VolumeSpec> ResolveAsync(Pod pod, Volume volume, CancellationToken cancellationToken)
    {
        if (VolumeResolver.ClaimName(pod, volume) is null)
        {
            return VolumeSpec.Of(volume);
        }

        var key = (pod.Uid(), volume.Name);
        var isKnown = _resolved.TryGetValue(key, out var known);
        if (isKnown && time.GetElapsedTime(known.At) < ClaimsKept)
        {
            return known.Spec;
        }

        try
        {
            var spec = await resolver.ResolveAsync(pod, volume, cancellationToken);
            _resolved[key] = (spec, time.GetTimestamp());
            return spec;
        }
        catch (Exception e) when (isKnown && e is not OperationCanceledException)
        {
            // A claim that is deleted, or an API server that is away, takes nothing from a pod that has the volume.
            return known.Spec;
        }
    }

    /// <summary>A persistent volume may be tied to other nodes than this one.</summary>
    private void CheckNode(VolumeSpec spec)
    {
        if (spec.Persistent?.Spec.NodeAffinity?.Required is { } required && node() is { } self
            && !KubeApi.Selectors.NodeSelectorMatcher.From(required).Matches(self.Metadata.Name, self.Metadata.Labels))
        {
            throw new VolumeException($"MountVolume.NodeAffinity check failed for volume \"{spec.Name}\" : no matching NodeSelectorTerms") { IsWhole = true };
        }
    }

    /// <summary>The volumes of a pod as its folder has them.</summary>
    private IEnumerable<(IVolumePlugin Plugin, string Name, string Folder)> Volumes(PodUid uid)
    {
        foreach (var kind in (string[])["volumes", "volumeDevices"])
        {
            var root = Path.Combine(paths.PodDirectory(uid), kind);
            foreach (var ofPlugin in Directory.Exists(root) ? Directory.EnumerateDirectories(root).ToList() : [])
            {
                if (plugins.FirstOrDefault(p => Escape(p.Name) == Path.GetFileName(ofPlugin)) is { } plugin)
                {
                    foreach (var folder in Directory.EnumerateFileSystemEntries(ofPlugin).ToList())
                    {
                        yield return (plugin, Path.GetFileName(folder), folder);
                    }
                }
            }
        }
    }

    /// <summary>A volume that no container uses is not made ready.</summary>
    private static HashSet<string> UsedNames(Pod pod) =>
    [
        .. pod.AllContainers().SelectMany(c => c.Spec.VolumeMounts.Select(m => m.Name)
            .Concat(c.Spec.VolumeDevices.Select(d => d.Name))
            .Concat(c.Spec.Env.Select(e => e.ValueFrom?.FileKeyRef?.VolumeName ?? ""))),
    ];

    private static string KindOf(VolumeSpec spec)
    {
        Google.Protobuf.IMessage source = spec.PersistentSource is { } persistent ? persistent : spec.Source;
        return source.Descriptor.Fields.InDeclarationOrder().FirstOrDefault(f => f.Accessor.HasValue(source))?.Name ?? "none";
    }

    private static string Escape(string plugin) => plugin.Replace("/", "~", StringComparison.Ordinal);
}
