using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.DevCluster.ControlPlane;

namespace NodeAgent.Cluster.Tests.Proxy;

/// <summary>The Services of the packet table, each of both families where the API server has that, and the rows that follow from them.</summary>
internal sealed class ServiceShapes
{
    private static readonly string[] Clients = [ProxyNetwork.Pod1, ProxyNetwork.Node, ProxyNetwork.Outside];

    private static readonly ServiceShape[] All =
    [
        new("cluster", "type: ClusterIP", ProxyNetwork.Pod2, ProxyNetwork.Far),
        new("self", "type: ClusterIP", ProxyNetwork.Pod1),
        new("node-port", "type: NodePort", ProxyNetwork.Pod2, ProxyNetwork.Far),
        new("local", "type: NodePort, externalTrafficPolicy: Local", ProxyNetwork.Pod1, ProxyNetwork.Far),
        new("elsewhere", "type: NodePort, externalTrafficPolicy: Local", ProxyNetwork.Far),
        new("none", "type: NodePort"),
        new("external", "type: ClusterIP, externalIPs: [192.0.2.10, 'fd00:192::10']", ProxyNetwork.Pod2) { ExternalAddresses = ["192.0.2.10", "fd00:192::10"] },
        new("balanced", "type: LoadBalancer", ProxyNetwork.Pod2, ProxyNetwork.Far) { Protocols = ["TCP"], ExternalAddresses = ["203.0.113.1", "fd00:203::1"] },
        new("balanced-local", "type: LoadBalancer, externalTrafficPolicy: Local", ProxyNetwork.Pod1, ProxyNetwork.Far) { Protocols = ["TCP"], ExternalAddresses = ["203.0.113.2", "fd00:203::2"] },
        new("balanced-udp", "type: LoadBalancer", ProxyNetwork.Pod2) { Protocols = ["UDP"], ExternalAddresses = ["203.0.113.3", "fd00:203::3"] },
        new("balanced-no-ports", "type: LoadBalancer, allocateLoadBalancerNodePorts: false", ProxyNetwork.Pod2) { Protocols = ["TCP"], ExternalAddresses = ["203.0.113.5", "fd00:203::5"], Since = 24 },
        new("guarded", "type: LoadBalancer, loadBalancerSourceRanges: [172.31.77.0/24, 'fd00:77::/64']", ProxyNetwork.Pod2) { Protocols = ["TCP"], ExternalAddresses = ["203.0.113.4", "fd00:203::4"] },
        new("internal", "type: ClusterIP, internalTrafficPolicy: Local", ProxyNetwork.Pod2, ProxyNetwork.Far) { Since = 22 },
        new("internal-elsewhere", "type: NodePort, internalTrafficPolicy: Local", ProxyNetwork.Far) { Since = 22 },
        new("leaving", "type: ClusterIP", ProxyNetwork.Pod2) { Conditions = "ready: false, serving: true, terminating: true", Since = 22 },
        new("zone", "type: ClusterIP", ProxyNetwork.Pod2, ProxyNetwork.Far)
        {
            Protocols = ["TCP"],
            Hints = new Dictionary<string, string> { [ProxyNetwork.Pod2] = "forZones: [{name: zone-a}]", [ProxyNetwork.Far] = "forZones: [{name: zone-b}]" },
            Unused = [ProxyNetwork.Far],
            Since = 24,
        },
        new("same-node", "type: ClusterIP", ProxyNetwork.Pod2, ProxyNetwork.Far)
        {
            Protocols = ["TCP"],
            Hints = new Dictionary<string, string>
            {
                [ProxyNetwork.Pod2] = "forZones: [{name: zone-a}], forNodes: [{name: node-1}]",
                [ProxyNetwork.Far] = "forZones: [{name: zone-a}], forNodes: [{name: node-2}]",
            },
            Unused = [ProxyNetwork.Far],
            Since = 34,
        },
        // What the endpoints controller writes for a pod that is neither ready nor staying.
        new("published", "type: ClusterIP, publishNotReadyAddresses: true", ProxyNetwork.Pod2) { Protocols = ["TCP"], Conditions = "ready: true, serving: false, terminating: true" },
    ];

    private readonly Dictionary<string, (ServiceShape Shape, Dictionary<string, ShapeAddress> Addresses)> _services = [];
    private bool _hasIPv6;

    /// <summary>The first port of a Service.</summary>
    public ShapeAddress this[string name] => _services[name].Addresses.Values.First();

    public static async Task<ServiceShapes> CreateAsync(ProxyCluster cluster)
    {
        var binaries = cluster.Plane.Binaries;
        var shapes = new ServiceShapes { _hasIPv6 = binaries.AtLeast(23) };
        var used = All.Where(s => binaries.AtLeast(s.Since)).ToList();
        await cluster.ApplyAsync(string.Join("\n---\n", used.SelectMany(s => shapes.Manifests(s, binaries))));
        foreach (var shape in used.Where(s => s.IsLoadBalancer))
        {
            await cluster.SetLoadBalancerAsync(shape.Name, [.. shape.ExternalAddresses.Take(shapes._hasIPv6 ? 2 : 1)]);
        }

        var list = JsonNode.Parse((await cluster.Plane.KubectlAsync(["get", "services", "-o", "json"])).Output)!;
        foreach (var item in list["items"]!.AsArray())
        {
            if (used.Find(s => s.Name == (string?)item!["metadata"]!["name"]) is { } shape)
            {
                shapes._services.Add(shape.Name, (shape, AddressesOf(item!["spec"]!)));
            }
        }

        return shapes;
    }

    /// <summary>Everything that can be asked for over one protocol, and what has to come of it.</summary>
    public IEnumerable<PacketRow> Rows(string protocol)
    {
        AddressFamily[] families = _hasIPv6 ? [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6] : [AddressFamily.InterNetwork];
        foreach (var (shape, addresses) in _services.Values.Where(s => s.Addresses.ContainsKey(protocol)))
        {
            foreach (var family in families)
            {
                foreach (var row in Rows(shape, addresses[protocol], protocol, family))
                {
                    yield return row;
                }
            }
        }
    }

    private static IEnumerable<PacketRow> Rows(ServiceShape shape, ShapeAddress address, string protocol, AddressFamily family)
    {
        foreach (var client in Clients)
        {
            yield return new PacketRow(shape, protocol, family, client, PacketTarget.ClusterIP, family == AddressFamily.InterNetwork ? address.ClusterIP : address.ClusterIP6, 80);
            if (shape.HasNodePorts)
            {
                yield return new PacketRow(shape, protocol, family, client, PacketTarget.NodePort, ProxyNetwork.AddressOf(ProxyNetwork.Node, family), address.NodePort);
            }

            if (shape.ExternalAddresses.Count > 0)
            {
                yield return new PacketRow(shape, protocol, family, client, PacketTarget.External, shape.ExternalAddresses[family == AddressFamily.InterNetwork ? 0 : 1], 80);
            }
        }

        // There is no such thing for IPv6, upstream's proxy agreeing.
        if (shape.HasNodePorts && family == AddressFamily.InterNetwork)
        {
            yield return new PacketRow(shape, protocol, family, ProxyNetwork.Node, PacketTarget.NodePort, "127.0.0.1", address.NodePort);
        }
    }

    private static Dictionary<string, ShapeAddress> AddressesOf(JsonNode spec)
    {
        var addresses = spec["clusterIPs"]?.AsArray().Select(a => (string)a!).ToList() ?? [(string)spec["clusterIP"]!];
        var ipv4 = addresses.Find(a => !a.Contains(':', StringComparison.Ordinal))!;
        var ipv6 = addresses.Find(a => a.Contains(':', StringComparison.Ordinal)) ?? "";
        return spec["ports"]!.AsArray().ToDictionary(
            p => (string)p!["protocol"]!,
            p => new ShapeAddress(ipv4, ipv6, (int?)p!["nodePort"] ?? 0));
    }

    private IEnumerable<string> Manifests(ServiceShape shape, KubeBinaries binaries)
    {
        var ports = string.Join(", ", shape.Protocols.Select(p => $"{{name: {Lower(p)}, port: 80, targetPort: 8080, protocol: {p}}}"));
        var spec = _hasIPv6 ? shape.Spec : shape.Spec.Replace(", 'fd00:192::10'", "", StringComparison.Ordinal);
        yield return $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: {{{shape.Name}}}}
            spec: {{{{spec}}}, ports: [{{{ports}}}]{{{(_hasIPv6 ? ", ipFamilyPolicy: RequireDualStack" : "")}}}}
            """;
        yield return Slice(shape, binaries, "IPv4", ProxyNetwork.Addresses);
        if (_hasIPv6)
        {
            yield return Slice(shape, binaries, "IPv6", ProxyNetwork.Addresses6);
        }
    }

    private static string Slice(ServiceShape shape, KubeBinaries binaries, string family, IReadOnlyDictionary<string, string> addresses)
    {
        var text = new StringBuilder();
        foreach (var pod in shape.Endpoints)
        {
            var node = pod == ProxyNetwork.Far ? "node-2" : "node-1";
            var place = binaries.AtLeast(21) ? $"nodeName: {node}" : $"topology: {{kubernetes.io/hostname: {node}}}";
            text.Append(CultureInfo.InvariantCulture, $"\n- {{addresses: ['{addresses[pod]}'], conditions: {{{shape.Conditions}}}, {place}{(shape.Hints.TryGetValue(pod, out var hints) ? $", hints: {{{hints}}}" : "")}}}");
        }

        return $$$"""
            apiVersion: {{{(binaries.AtLeast(21) ? "discovery.k8s.io/v1" : "discovery.k8s.io/v1beta1")}}}
            kind: EndpointSlice
            metadata: {name: {{{shape.Name}}}-{{{Lower(family)}}}, labels: {kubernetes.io/service-name: {{{shape.Name}}}}}
            addressType: {{{family}}}
            ports: [{{{string.Join(", ", shape.Protocols.Select(p => $"{{name: {Lower(p)}, port: 8080, protocol: {p}}}"))}}}]
            endpoints:{{{(text.Length > 0 ? text : " []")}}}
            """;
    }

    private static string Lower(string text) => text.ToLowerInvariant();
}
