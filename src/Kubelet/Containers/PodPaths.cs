using System.Globalization;
using NodeAgent.Kubelet.Logs;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>Where things of pods lie on the host, as upstream lays them out.</summary>
internal sealed record PodPaths(string RootDirectory, string PodLogsRoot, string ContainerLogsRoot)
{
    public string PodsRoot => Path.Combine(RootDirectory, "pods");

    public string PodDirectory(PodUid uid) => Path.Combine(PodsRoot, uid.Value);

    public string VolumesDirectory(PodUid uid) => Path.Combine(PodDirectory(uid), "volumes");

    /// <param name="plugin">The plugin's escaped name, such as <c>kubernetes.io~empty-dir</c>.</param>
    public string VolumeDirectory(PodUid uid, string plugin, string volume) => Path.Combine(VolumesDirectory(uid), plugin, volume);

    public string ContainerDirectory(PodUid uid, string container) => Path.Combine(PodDirectory(uid), "containers", container);

    public string EtcHosts(PodUid uid) => Path.Combine(PodDirectory(uid), "etc-hosts");

    public string PodLogs(Pod pod) => Path.Combine(PodLogsRoot, $"{pod.Metadata.Namespace}_{pod.Metadata.Name}_{pod.Metadata.Uid}");

    /// <summary>Below the pod's log folder, as CRI wants it.</summary>
    public static string RelativeLog(string container, int restartCount) => Path.Combine(container, $"{restartCount}.log");

    /// <summary>
    /// The number of a container's first instance that the runtime knows of: one above that of the newest log. A runtime that
    /// lost its containers would else write into the logs of earlier ones, and the count of restarts would begin anew.
    /// </summary>
    public int NextLog(Pod pod, string container)
    {
        var folder = Path.Combine(PodLogs(pod), container);
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        return Directory.EnumerateFiles(folder)
            .Select(f => int.TryParse(Path.GetFileName(f).Split('.')[0], CultureInfo.InvariantCulture, out var number) ? number + 1 : 0)
            .DefaultIfEmpty()
            .Max();
    }

    /// <summary>Deletes the logs of one instance of a container, rotated ones too, and the link to them.</summary>
    public void DeleteLogs(Pod pod, string container, int restartCount, string containerId)
    {
        File.Delete(LegacyLogLink(pod, container, containerId));
        var log = Path.Combine(PodLogs(pod), RelativeLog(container, restartCount));
        foreach (var rotated in LogFiles.Rotated(log))
        {
            File.Delete(rotated);
        }

        if (Directory.Exists(Path.GetDirectoryName(log)))
        {
            File.Delete(log);
        }
    }

    public string LegacyLogLink(Pod pod, string container, string containerId) =>
        Path.Combine(ContainerLogsRoot, $"{pod.Metadata.Name}_{pod.Metadata.Namespace}_{container}-{containerId}.log");
}
