using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.NodePressure;

/// <summary>A node with two small disks, which are file systems in memory: one for the kubelet, one for the engine's images. It also takes static pods from an address.</summary>
public abstract class SmallDiskCluster : NodeCluster
{
    private const string NodeDisk = "96m";
    private const string ImageDisk = "240m";

    private ManifestServer? _manifests;

    public ManifestServer Manifests => _manifests ?? throw new InvalidOperationException("not started");

    protected override string KubeletConfig => $$"""
        evictionHard: {nodefs.available: 32Mi, imagefs.available: 140Mi, memory.available: 100Mi, nodefs.inodesFree: 0%, imagefs.inodesFree: 0%}
        evictionPressureTransitionPeriod: 20s
        imageGCHighThresholdPercent: 100
        imageMinimumGCAge: 1ms
        staticPodURL: {{_manifests?.Address}}
        staticPodURLHeader: {X-Node: [small]}
        httpCheckFrequency: 1s
        """;

    protected sealed override async Task<IEngineHost> StartEngineAsync(NetworkNamespace network)
    {
        _manifests = ManifestServer.Start(network.Name);
        await MountAsync(Path.Combine(Folder, "node"), NodeDisk);
        var engine = Path.Combine(Folder, "c");
        await MountAsync(Path.Combine(engine, "root"), ImageDisk);
        return await StartEngineAsync(network, engine);
    }

    protected abstract Task<IEngineHost> StartEngineAsync(NetworkNamespace network, string folder);

    /// <summary>Puts an image of one file into the engine.</summary>
    /// <param name="size">Of the file, in bytes.</param>
    public async Task ImportAsync(string name, int size)
    {
        var file = Path.Combine(Folder, "ballast");
        await File.WriteAllBytesAsync(file, new byte[size]);
        var archive = Path.Combine(Folder, "ballast.tar");
        using (var builder = new ImageBuilder())
        {
            await ImageArchive.WriteAsync(archive, [builder.AddProgram("ballast", file).Build(name, ["/ballast"], [])]);
        }

        await (Engine is ContainerdHost containerd ? containerd.ImportAsync(archive, name) : ((DockerHost)Engine).ImportAsync(archive, name));
        File.Delete(file);
        File.Delete(archive);
    }

    /// <summary>Writes a file onto the images' disk that is nobody's.</summary>
    /// <param name="size">In bytes.</param>
    /// <returns>Its path.</returns>
    public async Task<string> FillImageDiskAsync(int size)
    {
        var file = Path.Combine(Folder, "c", "root", "filler");
        await File.WriteAllBytesAsync(file, new byte[size]);
        return file;
    }

    public async Task<bool> HasImageAsync(string name)
    {
        var images = Engine is ContainerdHost containerd ? containerd.Client.Images : ((DockerHost)Engine).Client.Images;
        return await images.ImageStatusAsync(new NodeAgent.ContainerRuntime.V1.ImageSpec { Image = name }, CancellationToken.None) is not null;
    }

    protected override async Task OnStoppingAsync()
    {
        if (_manifests is not null)
        {
            await _manifests.DisposeAsync();
        }
    }

    private static async Task MountAsync(string folder, string size)
    {
        Directory.CreateDirectory(folder);
        await Command.RunAsync("mount", ["-t", "tmpfs", "-o", "size=" + size, "nodeagent-test", folder]);
    }
}
