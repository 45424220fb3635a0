using System.Net;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Nodes;

/// <summary>What the proxy needs to know of its Node object.</summary>
/// <param name="Addresses">Internal addresses first, then external ones.</param>
/// <param name="Zone">Empty when the node has no zone label.</param>
/// <param name="Eligible">False while the node is being deleted, by its object or by the cluster autoscaler's taint, or is not there.</param>
internal sealed record NodeFacts(ValueList<IPAddress> Addresses, ValueList<IPNetwork> PodCidrs, string Zone, bool Eligible)
{
    /// <summary>The Node object has not been seen, or is gone.</summary>
    public static readonly NodeFacts Unknown = new([], [], "", Eligible: false);

    private const string ZoneLabel = "topology.kubernetes.io/zone";
    private const string ToBeDeletedTaint = "ToBeDeletedByClusterAutoscaler";
    private static readonly string[] UsedAddressTypes = ["InternalIP", "ExternalIP"];

    public static NodeFacts Of(Node node)
    {
        var addresses = new List<IPAddress>();
        foreach (var type in UsedAddressTypes)
        {
            foreach (var entry in node.Status?.Addresses.Where(a => a.Type == type) ?? [])
            {
                if (SloppyIP.TryParse(entry.Address, out var address))
                {
                    addresses.Add(address);
                }
            }
        }

        var cidrs = new List<IPNetwork>();
        foreach (var text in node.Spec?.PodCIDRs ?? [])
        {
            if (SloppyIP.TryParseCidr(text, out var cidr))
            {
                cidrs.Add(cidr);
            }
        }

        var leaving = node.Metadata.DeletionTimestamp is not null || (node.Spec?.Taints.Any(t => t.Key == ToBeDeletedTaint) ?? false);
        return new NodeFacts(addresses.ToValueList(), cidrs.ToValueList(), node.Metadata.Labels.GetValueOrDefault(ZoneLabel, ""), !leaving);
    }

    public IPAddress? Address(IPFamily family) => Addresses.FirstOrDefault(a => a.Family() == family);

    public IPNetwork? PodCidr(IPFamily family) =>
        PodCidrs.Where(c => c.BaseAddress.Family() == family).Select(c => (IPNetwork?)c).FirstOrDefault();
}
