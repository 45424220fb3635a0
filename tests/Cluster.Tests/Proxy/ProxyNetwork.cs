using System.Net;
using System.Net.Sockets;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>
/// A node, two pods on it, a pod elsewhere and a client outside the cluster, each a network namespace of its own, of both
/// families. Every pod answers over TCP, UDP and SCTP with its name and the address that it was asked from.
/// </summary>
internal sealed class ProxyNetwork : IAsyncDisposable
{
    public const string Pod1 = "pod1";
    public const string Pod2 = "pod2";
    public const string Far = "far";
    public const string Outside = "outside";
    public const string Node = "node";

    /// <summary>The node's own address on the pods' bridge: what pods see of traffic that was masqueraded.</summary>
    public const string Bridge = "bridge";

    /// <summary>The node's own address on the way to the pod elsewhere.</summary>
    public const string FarGateway = "far-gateway";

    public static readonly IReadOnlyDictionary<string, string> Addresses = new Dictionary<string, string>
    {
        [Pod1] = "10.244.0.11",
        [Pod2] = "10.244.0.12",
        [Far] = "10.244.1.5",
        [Outside] = "172.31.77.2",
        [Node] = "172.31.77.1",
        [Bridge] = "10.244.0.1",
        [FarGateway] = "10.99.0.1",
    };

    public static readonly IReadOnlyDictionary<string, string> Addresses6 = new Dictionary<string, string>
    {
        [Pod1] = "fd00:244::11",
        [Pod2] = "fd00:244::12",
        [Far] = "fd00:244:1::5",
        [Outside] = "fd00:77::2",
        [Node] = "fd00:77::1",
        [Bridge] = "fd00:244::1",
        [FarGateway] = "fd00:99::1",
    };

    private readonly List<PodServer> _servers = [];
    private readonly NetworkNamespace _node;

    private ProxyNetwork(NetworkNamespace node) => _node = node;

    public string NodeNamespace => _node.Name;

    /// <summary>Where the machine reaches the node.</summary>
    public string NodeAddress => _node.Address;

    /// <summary>Every address of the node, loopback aside.</summary>
    public string[] NodeAddresses => [NodeAddress, .. new[] { Node, Bridge, FarGateway }.SelectMany(p => new[] { Addresses[p], Addresses6[p] })];

    public static string AddressOf(string place, AddressFamily family) => family == AddressFamily.InterNetwork ? Addresses[place] : Addresses6[place];

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

    /// <summary>The address that the node sends from.</summary>
    public async Task<string> SourceAsync(string destination)
    {
        var route = (await RunAsync(Node, "ip", ["route", "get", destination])).Output.Split(' ', '\n');
        return route[Array.IndexOf(route, "src") + 1];
    }

    /// <summary>Asks over TCP from one of the places.</summary>
    public Task<Answer> AskAsync(string from, string address, int port) => AskAsync(from, "TCP", address, port);

    /// <summary>Asks over UDP from one of the places.</summary>
    /// <param name="sourcePort">0 for any.</param>
    public Task<Answer> AskUdpAsync(string from, string address, int port, int sourcePort = 0) => AskAsync(from, "UDP", address, port, sourcePort);

    public Task<Answer> AskAsync(string from, string protocol, string address, int port, int sourcePort = 0) =>
        PacketClient.AskAsync(NamespaceOf(from), protocol, IPAddress.Parse(address), port, sourcePort);

    /// <summary>Fetches a page from one of the places.</summary>
    public async Task<Page> GetAsync(string from, string uri)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(uri));
        return await SendAsync(from, request);
    }

    /// <summary>Sends a request from one of the places.</summary>
    public async Task<Page> SendAsync(string from, HttpRequestMessage request)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                var address = IPAddress.Parse(context.DnsEndPoint.Host);
                var socket = NamespaceSockets.Tcp(NamespaceOf(from), address.AddressFamily);
                await socket.ConnectAsync(new IPEndPoint(address, context.DnsEndPoint.Port), token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        using var response = await client.SendAsync(request);
        return new Page((int)response.StatusCode, await response.Content.ReadAsStringAsync(), $"{response.Headers}{response.Content.Headers}");
    }

    /// <summary>Sends a TCP reset of no connection from one place to another, IPv4 only.</summary>
    public void SendStrayReset(string from, string to) => NamespaceSockets.In(NamespaceOf(from), () =>
    {
        // Ports, no numbers, a header of five words, RST.
        byte[] reset = [0x9C, 0x41, 0x1F, 0x90, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x04, 0, 0, 0, 0, 0, 0];
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Tcp);
        return socket.SendTo(reset, new IPEndPoint(IPAddress.Parse(Addresses[to]), 0));
    });

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        foreach (var place in new[] { Pod1, Pod2, Far, Outside })
        {
            await Command.RunAsync("ip", ["netns", "delete", NamespaceOf(place)], throwOnFailure: false);
        }

        await _node.DisposeAsync();
    }

    private string NamespaceOf(string place) => place == Node ? _node.Name : $"{_node.Name}-{place}";

    private async Task BuildAsync()
    {
        await RunAsync(Node, "sysctl", ["-q", "-w", "net.ipv6.conf.all.forwarding=1"]);
        await InNode("link", "add", "cni0", "type", "bridge");
        await AddAddressesAsync(_node.Name, "cni0", Addresses[Bridge] + "/24", Addresses6[Bridge] + "/64");
        await InNode("link", "set", "cni0", "up");
        foreach (var pod in new[] { Pod1, Pod2 })
        {
            await AddPlaceAsync(pod, Addresses[pod] + "/24", Addresses6[pod] + "/64", Bridge);
            await InNode("link", "set", pod, "master", "cni0");
            await InNode("link", "set", pod, "type", "bridge_slave", "hairpin", "on");
        }

        await AddFarAsync();
        await AddPlaceAsync(Outside, Addresses[Outside] + "/24", Addresses6[Outside] + "/64", Node);
        await AddAddressesAsync(_node.Name, Outside, Addresses[Node] + "/24", Addresses6[Node] + "/64");
        await InNode("-6", "route", "add", "default", "via", Addresses6[Outside]);

        // Without this, answers between two pods of one bridge pass the translation by.
        await RunAsync(Node, "sysctl", ["-q", "-w", "net.bridge.bridge-nf-call-iptables=1", "net.bridge.bridge-nf-call-ip6tables=1"]);
        foreach (var pod in new[] { Pod1, Pod2, Far })
        {
            _servers.Add(PodServer.Start(NamespaceOf(pod), pod, IPAddress.Parse(Addresses[pod])));
            _servers.Add(PodServer.Start(NamespaceOf(pod), pod, IPAddress.Parse(Addresses6[pod])));
        }
    }

    private async Task AddFarAsync()
    {
        await AddPlaceAsync(Far, "10.99.0.2/24", "fd00:99::2/64", null);
        await AddAddressesAsync(_node.Name, Far, Addresses[FarGateway] + "/24", Addresses6[FarGateway] + "/64");
        await InNode("route", "add", "10.244.1.0/24", "via", "10.99.0.2");
        await InNode("-6", "route", "add", "fd00:244:1::/64", "via", "fd00:99::2");
        await AddAddressesAsync(NamespaceOf(Far), "lo", Addresses[Far] + "/32", Addresses6[Far] + "/128");
        await Ip("-n", NamespaceOf(Far), "route", "add", "default", "via", Addresses[FarGateway], "src", Addresses[Far]);
        await Ip("-n", NamespaceOf(Far), "-6", "route", "add", "default", "via", Addresses6[FarGateway], "src", Addresses6[Far]);
    }

    private async Task AddPlaceAsync(string place, string address, string address6, string? gateway)
    {
        var name = NamespaceOf(place);
        await Command.RunAsync("ip", ["netns", "delete", name], throwOnFailure: false);
        await Ip("netns", "add", name);
        await InNode("link", "add", place, "type", "veth", "peer", "name", "eth0", "netns", name);
        await Ip("-n", name, "link", "set", "lo", "up");
        await AddAddressesAsync(name, "eth0", address, address6);
        await Ip("-n", name, "link", "set", "eth0", "up");
        await InNode("link", "set", place, "up");
        if (gateway is not null)
        {
            await Ip("-n", name, "route", "add", "default", "via", Addresses[gateway]);
            await Ip("-n", name, "-6", "route", "add", "default", "via", Addresses6[gateway]);
        }
    }

    /// <summary>Without looking for duplicates, which would keep the address of IPv6 from use for a second.</summary>
    private static async Task AddAddressesAsync(string namespaceName, string device, string address, string address6)
    {
        await Ip("-n", namespaceName, "address", "add", address, "dev", device);
        await Ip("-n", namespaceName, "address", "add", address6, "dev", device, "nodad");
    }

    private Task InNode(params string[] arguments) => Ip(["-n", _node.Name, .. arguments]);

    private static Task Ip(params string[] arguments) => Command.RunAsync("ip", arguments);
}
