using System.Globalization;
using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Network;

namespace NodeAgent.DevCluster.Nodes;

/// <summary>
/// Containers that stand for hosts, each with systemd as its first process, on one network in a Docker Engine of their own.
/// All of it lives in a <see cref="NetworkNamespace"/>, whose address is the nodes' way out.
/// </summary>
public sealed class NodeFleet : IAsyncDisposable
{
    private const string NetworkName = "nodes";
    private const string Subnet = "10.77.0.0/24";

    // What --privileged would give, without what a nested host may not have itself.
    private static readonly string[] Capabilities =
    [
        "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "IPC_LOCK",
        "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST",
        "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYSLOG", "SYS_ADMIN", "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE",
        "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_TIME", "SYS_TTY_CONFIG", "WAKE_ALARM",
    ];

    private readonly DockerHost _engine;
    private readonly List<NodeContainer> _nodes = [];

    private NodeFleet(DockerHost engine, NetworkNamespace network)
    {
        _engine = engine;
        Network = network;
    }

    public NetworkNamespace Network { get; }

    public IReadOnlyList<NodeContainer> Nodes => _nodes;

    /// <param name="folder">Where the engine's files go; at most 60 characters.</param>
    public static async Task<NodeFleet> StartAsync(string folder, NetworkNamespace network)
    {
        var image = await NodeImage.EnsureAsync();
        var engine = await DockerHost.StartAsync(new DockerHostOptions(folder, $"na-fleet{network.Index}", "10.78.0.0/24", network.Name) { Cni = false });
        var fleet = new NodeFleet(engine, network);
        try
        {
            await engine.DockerAsync("import", image, NodeImage.Name);
            await engine.DockerAsync("network", "create", "--subnet", Subnet, NetworkName);
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Boots one more node and returns when its systemd has started everything.</summary>
    /// <param name="folders">Folders and files of this machine that the node sees, read-only, by their place in it.</param>
    public async Task<NodeContainer> BootAsync(string name, IReadOnlyDictionary<string, string> folders)
    {
        NodeContainer node;
        lock (_nodes)
        {
            var address = string.Create(CultureInfo.InvariantCulture, $"10.77.0.{11 + _nodes.Count}");
            node = new NodeContainer(_engine, Network, name, address);
            _nodes.Add(node);
        }

        var mounts = folders.Append(new("/images.tar", TestImages.ArchivePath)).SelectMany(f => new[] { "--volume", $"{f.Value}:{f.Key}:ro" });
        await _engine.DockerAsync(
        [
            "run", "--detach", "--name", name, "--hostname", name, "--network", NetworkName, "--ip", node.Address,
            "--cgroupns=private", "--tmpfs", "/run", "--tmpfs", "/tmp", "--volume", "/var/lib/containerd", "--volume", "/var/lib/docker", "--volume", "/var/lib/kubelet",
            "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined", "--security-opt", "systempaths=unconfined",
            "--env", "container=docker", "--stop-signal", "SIGRTMIN+3",
            .. mounts, .. Capabilities.Select(c => "--cap-add=" + c), NodeImage.Name, "/usr/local/sbin/node-init",
        ]);
        await node.WaitUntilBootedAsync();
        return node;
    }

    public ValueTask DisposeAsync() => _engine.DisposeAsync();
}
