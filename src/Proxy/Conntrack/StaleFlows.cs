using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Conntrack;

/// <summary>
/// Finds flows that go on to endpoints which are gone. UDP and SCTP clients that keep their port would otherwise be sent
/// there for as long as they keep sending; a TCP connection ends with its endpoint.
/// </summary>
internal static class StaleFlows
{
    /// <summary>Whether flows need looking at after these Services changed.</summary>
    public static bool Concern(IEnumerable<ServicePortState> ports) => ports.Any(p => Tracked(p.Port.Name.Protocol));

    /// <summary>
    /// The flows to a Service that are answered by nothing that serves for it, a flow from before the Service had
    /// endpoints among them. Any serving endpoint keeps its flows, whatever policies and hints say now, as a TCP connection would.
    /// </summary>
    /// <param name="nodeAddresses">The node's own addresses: a flow to the same port of somebody else is none of ours.</param>
    /// <remarks>Services without endpoints keep their flows: there is nothing better to send them to.</remarks>
    public static List<Flow> Find(ServiceModel model, IReadOnlySet<IPAddress> nodeAddresses, IEnumerable<Flow> flows)
    {
        var byAddress = new Dictionary<(byte, IPAddress, int), HashSet<(IPAddress, int)>>();
        var byNodePort = new Dictionary<(byte, int), HashSet<(IPAddress, int)>>();
        foreach (var (port, endpoints) in model.Ports.Where(p => Tracked(p.Port.Name.Protocol)))
        {
            var serving = endpoints.Where(e => e.Serving).Select(e => (e.Address, e.Port)).ToHashSet();
            if (serving.Count == 0)
            {
                continue;
            }

            var protocol = port.Name.Protocol.Number();
            foreach (var address in port.LoadBalancerIPs.Concat(port.ExternalIPs).Append(port.ClusterIP))
            {
                byAddress[(protocol, address, port.Port)] = serving;
            }

            if (port.NodePort != 0)
            {
                byNodePort[(protocol, port.NodePort)] = serving;
            }
        }

        return flows.Where(IsStale).ToList();

        bool IsStale(Flow flow) =>
            (byAddress.TryGetValue((flow.Protocol, flow.Destination, flow.DestinationPort), out var serving)
                || (nodeAddresses.Contains(flow.Destination) && byNodePort.TryGetValue((flow.Protocol, flow.DestinationPort), out serving)))
            && !serving.Contains((flow.ReplySource, flow.ReplySourcePort));
    }

    private static bool Tracked(Protocol protocol) => protocol != Protocol.Tcp;
}
