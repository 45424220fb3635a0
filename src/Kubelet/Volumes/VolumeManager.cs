using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>
/// Makes the volumes of pods ready, keeps their content up to date and takes them down. What a pod has is read from its
/// folder and the mount table, so that a kubelet that starts anew knows as much as the one before it.
/// </summary>
internal sealed class VolumeManager(PodPaths paths, IReadOnlyList<IVolumePlugin> plugins, ServiceAccountTokens tokens)
{
    /// <summary>Makes all volumes of the pod ready, or brings them up to date; idempotent.</summary>
    /// <returns>Volume name to path on the host.</returns>
    /// <exception cref="VolumeException">One of them cannot be made ready; the others are.</exception>
    public async Task<IReadOnlyDictionary<string, string>> SetUpAsync(Pod pod, DownwardFields fields, CancellationToken cancellationToken)
    {
        Dictionary<string, string> ready = [];
        List<Exception> failures = [];
        var all = pod.Spec.Volumes.Select(volume => (volume.Name, Task: SetUpOneAsync(pod, volume, fields, cancellationToken))).ToList();
        foreach (var (name, task) in all)
        {
            try
            {
                ready[name] = await task;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(new VolumeException($"MountVolume.SetUp failed for volume \"{name}\" : {e.Message}", e));
            }
        }

        return failures.Count == 0 ? ready : throw new VolumeException(string.Join("; ", failures.Select(f => f.Message)), failures[0]);
    }

    /// <summary>Unmounts and removes what the pod had. Never deletes through a mount point.</summary>
    public async Task TearDownAsync(PodUid uid)
    {
        tokens.Forget(uid);
        var directory = paths.PodDirectory(uid);
        if (!Directory.Exists(directory))
        {
            return;
        }

        await Task.Run(() =>
        {
            foreach (var mount in MountTable.Below(directory))
            {
                Libc.Unmount(mount);
            }

            if (MountTable.Below(directory) is [var left, ..])
            {
                throw new IOException($"{left} is still mounted; the folder of pod {uid} is left as it is");
            }

            Directory.Delete(directory, recursive: true);
        });
    }

    /// <summary>Pods that have a folder on this host.</summary>
    public IReadOnlyList<PodUid> Known() =>
        Directory.Exists(paths.PodsRoot) ? [.. Directory.EnumerateDirectories(paths.PodsRoot).Select(d => new PodUid(Path.GetFileName(d)))] : [];

    private async Task<string> SetUpOneAsync(Pod pod, Volume volume, DownwardFields fields, CancellationToken cancellationToken)
    {
        var plugin = plugins.FirstOrDefault(p => p.Supports(volume))
            ?? throw new VolumeException($"no volume plugin of this kubelet supports the volume's type ({volume.VolumeSource})");
        var directory = paths.VolumeDirectory(pod.Uid(), plugin.Name.Replace("/", "~", StringComparison.Ordinal), volume.Name);
        return await plugin.SetUpAsync(new VolumeContext(pod, volume, directory, fields), cancellationToken);
    }
}
