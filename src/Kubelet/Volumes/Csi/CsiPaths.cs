using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>Where CSI volumes lie, as upstream lays them out: drivers and their operators look there.</summary>
internal sealed class CsiPaths(PodPaths paths)
{
    public const string Escaped = "kubernetes.io~csi";
    public const string MountFolder = "mount";

    private string Root => Path.Combine(paths.RootDirectory, "plugins", "kubernetes.io", "csi");

    private string BlockRoot => Path.Combine(Root, "volumeDevices");

    /// <summary>Where the driver puts the volume for all pods of this node.</summary>
    public string Staging(string driver, string handle, string name, bool isBlock) =>
        isBlock ? Path.Combine(BlockRoot, "staging", name) : Path.Combine(Root, driver, CsiVolume.Hash(handle), "globalmount");

    /// <summary>Where the driver puts it for one pod.</summary>
    public string Target(PodUid pod, string name, bool isBlock) =>
        isBlock ? Path.Combine(BlockRoot, "publish", name, pod.Value) : Path.Combine(paths.VolumeDirectory(pod, Escaped, name), MountFolder);

    public string BlockData(string name) => Path.Combine(BlockRoot, name, "data");

    public string DeviceLink(PodUid pod, string name) => Path.Combine(paths.PodDirectory(pod), "volumeDevices", Escaped, name);

    /// <summary>Whether some pod has the volume.</summary>
    public bool IsUsed(string driver, string handle, string name, bool isBlock)
    {
        foreach (var pod in Directory.Exists(paths.PodsRoot) ? Directory.EnumerateDirectories(paths.PodsRoot) : [])
        {
            if (isBlock)
            {
                if (new FileInfo(Path.Combine(pod, "volumeDevices", Escaped, name)).LinkTarget is not null)
                {
                    return true;
                }

                continue;
            }

            var folder = Path.Combine(pod, "volumes", Escaped);
            if (Directory.Exists(folder) && Directory.EnumerateDirectories(folder).Select(CsiData.Read).Any(d => d is not null && d[CsiData.Driver] == driver && d[CsiData.Handle] == handle))
            {
                return true;
            }
        }

        return false;
    }
}
