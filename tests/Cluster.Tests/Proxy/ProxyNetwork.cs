using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>
/// A node, two pods on it, a pod elsewhere and a client outside the cluster, each a network namespace of its own.
/// Every pod answers at TCP and UDP port 8080 with its name and the address that it was asked from.
/// </summary>
internal sealed class ProxyNetwork : IAsyncDisposable
{
    public const string Pod1 = "pod1";
    public const string Pod2 = "pod2";
    public const string Far = "far";
    public const string Outside = "outside";
    public const string Node = "node";

    public static readonly IReadOnlyDictionary<string, string> Addresses = new Dictionary<string, string>
    {
        [Pod1] = "10.244.0.11",
        [Pod2] = "10.244.0.12",
        [Far] = "10.244.1.5",
        [Outside] = "172.31.77.2",
        [Node] = "172.31.77.1",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("nodeagent-packets-").FullName;
    private readonly List<ManagedProcess> _servers = [];
    private readonly NetworkNamespace _node;

    private ProxyNetwork(NetworkNamespace node) => _node = node;

    public string NodeNamespace => _node.Name;

    /// <summary>Where the machine reaches the node.</summary>
    public string NodeAddress => _node.Address;

    public static async Task<ProxyNetwork> CreateAsync()
    {
        var network = new ProxyNetwork(await NetworkNamespace.CreateAsync("na-prx"));
        try
        {
            await network.BuildAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command at one of the places.</summary>
    public Task<CommandResult> RunAsync(string place, string program, IReadOnlyList<string> arguments, string? input = null, bool throwOnFailure = true)
    {
        var prefix = NetworkNamespace.EnterPrefix(NamespaceOf(place));
        return Command.RunAsync(prefix[0], [.. prefix.Skip(1), program, .. arguments], input, throwOnFailure, TimeSpan.FromSeconds(20));
    }

    /// <summary>Asks over TCP from one of the places.</summary>
    public async Task<Answer> AskAsync(string from, string address, int port)
    {
        var result = await RunAsync(from, "socat", ["-T", "2", "-", $"TCP:{address}:{port},connect-timeout=2"], input: "", throwOnFailure: false);
        return Answer.Of(result);
    }

    /// <summary>Asks over UDP from one of the places.</summary>
    /// <param name="sourcePort">0 for any.</param>
    public async Task<Answer> AskUdpAsync(string from, string address, int port, int sourcePort = 0)
    {
        var source = sourcePort == 0 ? "" : $",sourceport={sourcePort},reuseaddr";
        var result = await RunAsync(from, "socat", ["-t", "1", "-T", "1", "-", $"UDP:{address}:{port}{source}"], input: "?\n", throwOnFailure: false);
        return Answer.Of(result);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.StopAsync(TimeSpan.FromSeconds(1));
        }

        foreach (var place in new[] { Pod1, Pod2, Far, Outside })
        {
            await Command.RunAsync("ip", ["netns", "delete", NamespaceOf(place)], throwOnFailure: false);
        }

        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private string NamespaceOf(string place) => place == Node ? _node.Name : $"{_node.Name}-{place}";

    private async Task BuildAsync()
    {
        await InNode("link", "add", "cni0", "type", "bridge");
        await InNode("address", "add", "10.244.0.1/24", "dev", "cni0");
        await InNode("link", "set", "cni0", "up");
        foreach (var pod in new[] { Pod1, Pod2 })
        {
            await AddPlaceAsync(pod, Addresses[pod] + "/24", "10.244.0.1");
            await InNode("link", "set", pod, "master", "cni0");
            await InNode("link", "set", pod, "type", "bridge_slave", "hairpin", "on");
        }

        await AddPlaceAsync(Far, "10.99.0.2/24", null);
        await InNode("address", "add", "10.99.0.1/24", "dev", Far);
        await InNode("route", "add", "10.244.1.0/24", "via", "10.99.0.2");
        await Ip("-n", NamespaceOf(Far), "address", "add", Addresses[Far] + "/32", "dev", "lo");
        await Ip("-n", NamespaceOf(Far), "route", "add", "default", "via", "10.99.0.1", "src", Addresses[Far]);
        await AddPlaceAsync(Outside, Addresses[Outside] + "/24", Addresses[Node]);
        await InNode("address", "add", Addresses[Node] + "/24", "dev", Outside);

        // Without this, answers between two pods of one bridge pass the translation by.
        await RunAsync(Node, "sysctl", ["-q", "-w", "net.bridge.bridge-nf-call-iptables=1"]);
        foreach (var pod in new[] { Pod1, Pod2, Far })
        {
            await ServeAsync(pod, "TCP-LISTEN");
            await ServeAsync(pod, "UDP-RECVFROM");
        }
    }

    private async Task AddPlaceAsync(string place, string address, string? gateway)
    {
        var name = NamespaceOf(place);
        await Command.RunAsync("ip", ["netns", "delete", name], throwOnFailure: false);
        await Ip("netns", "add", name);
        await InNode("link", "add", place, "type", "veth", "peer", "name", "eth0", "netns", name);
        await Ip("-n", name, "link", "set", "lo", "up");
        await Ip("-n", name, "address", "add", address, "dev", "eth0");
        await Ip("-n", name, "link", "set", "eth0", "up");
        await InNode("link", "set", place, "up");
        if (gateway is not null)
        {
            await Ip("-n", name, "route", "add", "default", "via", gateway);
        }
    }

    private async Task ServeAsync(string pod, string kind)
    {
        string[] command = ["socat", $"{kind}:8080,bind={Addresses[pod]},fork,reuseaddr", $"SYSTEM:echo {pod} $SOCAT_PEERADDR"];
        _servers.Add(await ManagedProcess.StartAsync($"{pod}-{kind}", _folder, command, NetworkNamespace.EnterPrefix(NamespaceOf(pod))));
    }

    private Task InNode(params string[] arguments) => Ip(["-n", _node.Name, .. arguments]);

    private static Task Ip(params string[] arguments) => Command.RunAsync("ip", arguments);
}
