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

    /// <summary>
    /// The persistent volumes that are mounted on this node, or are about to be, by upstream's unique names, for <c>volumesInUse</c>
    /// of the node's status: none of them may be detached. One that is never attached holds nothing back there.
    /// </summary>
    public IReadOnlyList<string> InUse()
    {
        var staged = Below(Root).Where(driver => driver != BlockRoot).SelectMany(Below);
        var blocks = Below(BlockRoot).Select(volume => Path.Combine(volume, "data"));
        return [.. staged.Concat(blocks).Concat(Published()).Select(ReadIfThere).OfType<IReadOnlyDictionary<string, string>>()
            .Where(d => d.GetValueOrDefault(CsiData.Lifecycle) != "Ephemeral")
            .Select(d => $"{CsiPlugin.PluginName}/{d.GetValueOrDefault(CsiData.Driver)}^{d.GetValueOrDefault(CsiData.Handle)}")
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether some pod has the volume.</summary>
    public bool IsUsed(string driver, string handle, string name, bool isBlock) =>
        isBlock
            ? Below(paths.PodsRoot).Any(pod => new FileInfo(Path.Combine(pod, "volumeDevices", Escaped, name)).LinkTarget is not null)
            : Published().Select(CsiData.Read).Any(d => d is not null && d[CsiData.Driver] == driver && d[CsiData.Handle] == handle);

    private IEnumerable<string> Published() => Below(paths.PodsRoot).SelectMany(pod => Below(Path.Combine(pod, "volumes", Escaped)));

    // Pods come and go while this looks.
    private static string[] Below(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetDirectories(folder) : [];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    private static IReadOnlyDictionary<string, string>? ReadIfThere(string folder)
    {
        try
        {
            return CsiData.Read(folder);
        }
        catch (Exception e) when (e is IOException or VolumeException)
        {
            // Gone meanwhile; or damaged, which the one who takes the volume down tells.
            return null;
        }
    }
}
