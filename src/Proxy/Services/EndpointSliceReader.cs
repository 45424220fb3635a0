using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Meta.V1;
using V1 = NodeAgent.KubeApi.Discovery.V1;
using V1Beta1 = NodeAgent.KubeApi.Discovery.V1Beta1;

namespace NodeAgent.Proxy.Services;

/// <summary>EndpointSlice objects of both API versions -> <see cref="SliceInfo"/>.</summary>
/// <param name="nodeName">Endpoints on this node are local.</param>
internal sealed class EndpointSliceReader(string nodeName)
{
    public const string ServiceNameLabel = "kubernetes.io/service-name";
    public const string TriggerTimeAnnotation = "endpoints.kubernetes.io/last-change-trigger-time";
    private const string HostnameTopology = "kubernetes.io/hostname";

    /// <summary>The family that a slice belongs to; null for slices of names and other address types.</summary>
    public static IPFamily? Family(string addressType) => addressType switch
    {
        "IPv4" => IPFamily.IPv4,
        "IPv6" => IPFamily.IPv6,
        _ => null,
    };

    /// <summary>The Service that a slice belongs to; null when it names none.</summary>
    public static ServiceKey? Service(ObjectMeta metadata) =>
        metadata.Labels.TryGetValue(ServiceNameLabel, out var name) && name.Length > 0 && metadata.Namespace.Length > 0
            ? new ServiceKey(metadata.Namespace, name)
            : null;

    public SliceInfo? Read(V1.EndpointSlice slice)
    {
        if (Service(slice.Metadata) is not { } service)
        {
            return null;
        }

        var ports = slice.Ports.Select(p => (p.Name, p.Protocol, p.Port));
        return Build(service, slice.Metadata.Name, ports, slice.Endpoints, port => EndpointsOf(slice.Endpoints, port));
    }

    public SliceInfo? Read(V1Beta1.EndpointSlice slice)
    {
        if (Service(slice.Metadata) is not { } service)
        {
            return null;
        }

        var ports = slice.Ports.Select(p => (p.Name, p.Protocol, p.Port));
        return Build(service, slice.Metadata.Name, ports, slice.Endpoints, port => EndpointsOf(slice.Endpoints, port));
    }

    private static SliceInfo Build<T>(ServiceKey service, string name, IEnumerable<(string Name, string Protocol, int Port)> ports, IReadOnlyCollection<T> endpoints, Func<int, ValueList<Endpoint>> read)
    {
        var result = new List<SlicePort>();
        foreach (var port in ports)
        {
            if (port.Port > 0 && endpoints.Count > 0 && ProtocolExtensions.TryParse(port.Protocol, out var protocol))
            {
                result.Add(new SlicePort(new ServicePortName(service, port.Name, protocol), read(port.Port)));
            }
        }

        return new SliceInfo(service, name, result.ToValueList());
    }

    private ValueList<Endpoint> EndpointsOf(IEnumerable<V1.Endpoint> endpoints, int port)
    {
        var result = new List<Endpoint>();
        foreach (var endpoint in endpoints)
        {
            var conditions = endpoint.Conditions;
            Add(
                result,
                endpoint.Addresses,
                port,
                endpoint.NodeName,
                conditions is not { HasReady: true, Ready: false },
                conditions is { HasServing: true } ? conditions.Serving : null,
                conditions?.Terminating ?? false,
                endpoint.Hints is { } hints ? (hints.ForZones.Select(z => z.Name), hints.ForNodes.Select(n => n.Name)) : null);
        }

        return result.ToValueList();
    }

    private ValueList<Endpoint> EndpointsOf(IEnumerable<V1Beta1.Endpoint> endpoints, int port)
    {
        var result = new List<Endpoint>();
        foreach (var endpoint in endpoints)
        {
            var conditions = endpoint.Conditions;
            var node = endpoint.NodeName.Length > 0 ? endpoint.NodeName : endpoint.Topology.GetValueOrDefault(HostnameTopology, "");
            Add(
                result,
                endpoint.Addresses,
                port,
                node,
                conditions is not { HasReady: true, Ready: false },
                conditions is { HasServing: true } ? conditions.Serving : null,
                conditions?.Terminating ?? false,
                endpoint.Hints is { } hints ? (hints.ForZones.Select(z => z.Name), hints.ForNodes.Select(n => n.Name)) : null);
        }

        return result.ToValueList();
    }

    /// <param name="serving">Null on servers that do not report it: then the endpoint serves when it is ready.</param>
    private void Add(List<Endpoint> to, RepeatedField<string> addresses, int port, string node, bool ready, bool? serving, bool terminating, (IEnumerable<string> Zones, IEnumerable<string> Nodes)? hints)
    {
        // The API promises that all addresses of an endpoint are the same to a client; only the first is used.
        if (addresses.Count == 0 || !SloppyIP.TryParse(addresses[0], out var address))
        {
            return;
        }

        to.Add(new Endpoint(address, port)
        {
            Ready = ready,
            Serving = serving ?? ready,
            Terminating = terminating,
            Local = node.Length > 0 && node == nodeName,
            ZoneHints = hints?.Zones.ToValueList() ?? [],
            NodeHints = hints?.Nodes.ToValueList() ?? [],
        });
    }
}
