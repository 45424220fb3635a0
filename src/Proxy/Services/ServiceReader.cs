using System.Net;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Proxy.Services;

/// <summary>Service objects -> the ports that a proxy serves for them.</summary>
internal static class ServiceReader
{
    /// <summary>Services with this label are another proxy's.</summary>
    public const string ProxyNameLabel = "service.kubernetes.io/service-proxy-name";

    /// <summary>Set by the endpoints controllers on what belongs to headless Services.</summary>
    public const string HeadlessLabel = "service.kubernetes.io/headless";

    private const string LocalPolicy = "Local";
    private const int DefaultAffinitySeconds = 10800;

    /// <summary>The ports of a Service in one family; none when it is headless, an ExternalName, another proxy's, or has no address in the family.</summary>
    public static ValueList<Services.ServicePort> Read(Service service, IPFamily family)
    {
        var spec = service.Spec;
        if (spec is null
            || spec.ClusterIP is "" or "None"
            || spec.Type == "ExternalName"
            || service.Metadata.Labels.ContainsKey(ProxyNameLabel)
            || ClusterIP(spec, family) is not { } clusterIP)
        {
            return [];
        }

        var key = new ServiceKey(service.Metadata.Namespace, service.Metadata.Name);
        var accessible = spec.Type is "NodePort" or "LoadBalancer" || spec.ExternalIPs.Count > 0;
        var externalLocal = accessible && spec.ExternalTrafficPolicy == LocalPolicy;
        var ranges = SourceRanges(spec, family);
        var externalIPs = Addresses(spec.ExternalIPs, family);
        var loadBalancerIPs = Addresses((service.Status?.LoadBalancer?.Ingress ?? []).Where(i => i.IpMode is "" or "VIP").Select(i => i.Ip), family);
        var ports = new List<Services.ServicePort>(spec.Ports.Count);
        foreach (var port in spec.Ports)
        {
            if (!ProtocolExtensions.TryParse(port.Protocol, out var protocol))
            {
                continue;
            }

            ports.Add(new Services.ServicePort(new ServicePortName(key, port.Name, protocol), clusterIP, port.Port)
            {
                NodePort = port.NodePort,
                ExternalIPs = externalIPs,
                LoadBalancerIPs = loadBalancerIPs,
                LoadBalancerSourceRanges = ranges,
                AffinitySeconds = spec.SessionAffinity == "ClientIP" ? AffinitySeconds(spec) : null,
                ExternalPolicyLocal = externalLocal,
                InternalPolicyLocal = spec.InternalTrafficPolicy == LocalPolicy,
                HealthCheckNodePort = spec.Type == "LoadBalancer" && externalLocal ? spec.HealthCheckNodePort : 0,
            });
        }

        return ports.ToValueList();
    }

    private static int AffinitySeconds(ServiceSpec spec) =>
        spec.SessionAffinityConfig?.ClientIP is { HasTimeoutSeconds: true } config ? config.TimeoutSeconds : DefaultAffinitySeconds;

    private static IPAddress? ClusterIP(ServiceSpec spec, IPFamily family)
    {
        IEnumerable<string> candidates = spec.ClusterIPs.Count > 0 ? spec.ClusterIPs : [spec.ClusterIP];
        return Addresses(candidates, family) is [var first, ..] ? first : null;
    }

    private static ValueList<IPAddress> Addresses(IEnumerable<string> texts, IPFamily family)
    {
        var addresses = new List<IPAddress>();
        foreach (var text in texts)
        {
            if (SloppyIP.TryParse(text, out var address) && address.Family() == family && !addresses.Contains(address))
            {
                addresses.Add(address);
            }
        }

        return addresses.ToValueList();
    }

    /// <summary>The API has always let spaces through around the ranges. A range that covers everything is the same as none.</summary>
    private static ValueList<IPNetwork> SourceRanges(ServiceSpec spec, IPFamily family)
    {
        var ranges = new List<IPNetwork>();
        foreach (var text in spec.LoadBalancerSourceRanges)
        {
            if (!SloppyIP.TryParseCidr(text.Trim(), out var range) || range.BaseAddress.Family() != family)
            {
                continue;
            }

            if (range.PrefixLength == 0)
            {
                return [];
            }

            ranges.Add(range);
        }

        return ranges.ToValueList();
    }
}
