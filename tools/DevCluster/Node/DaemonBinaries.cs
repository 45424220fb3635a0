namespace NodeAgent.DevCluster.Node;

/// <summary>A folder with kubelet, kube-scheduler and kube-proxy: this project's or, as a peer to compare with, upstream's.</summary>
public sealed record DaemonBinaries(string Folder)
{
    public string Kubelet => Path.Combine(Folder, "kubelet");

    public string Scheduler => Path.Combine(Folder, "kube-scheduler");

    public string Proxy => Path.Combine(Folder, "kube-proxy");

    /// <summary>This project's own, from NODEAGENT_BIN, where ./dev puts what it published.</summary>
    public static DaemonBinaries Own()
    {
        var folder = Environment.GetEnvironmentVariable("NODEAGENT_BIN")
            ?? throw new InvalidOperationException("NODEAGENT_BIN is not set: run this by ./dev, or set it to the folder that ./dev publish fills (artifacts/nodeagent)");
        var binaries = new DaemonBinaries(folder);
        return File.Exists(binaries.Kubelet)
            ? binaries
            : throw new FileNotFoundException($"there is no kubelet in {folder}: run ./dev publish", binaries.Kubelet);
    }
}
