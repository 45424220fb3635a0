using System.Globalization;
using System.Text.Json.Nodes;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>What a pod asks of the plugins that have the capability for it.</summary>
internal static class CniCapabilities
{
    private const string IngressAnnotation = "kubernetes.io/ingress-bandwidth";
    private const string EgressAnnotation = "kubernetes.io/egress-bandwidth";

    public static JsonObject For(PodSandboxConfig config, string podCidrs)
    {
        var arguments = new JsonObject();
        var ports = config.PortMappings.Where(p => p.HostPort > 0).Select(p => (JsonNode)new JsonObject
        {
            ["hostPort"] = p.HostPort,
            ["containerPort"] = p.ContainerPort,
            ["protocol"] = p.Protocol.ToString().ToLowerInvariant(),
            ["hostIP"] = p.HostIp,
        }).ToArray();
        if (ports.Length > 0)
        {
            arguments["portMappings"] = new JsonArray(ports);
        }

        var bandwidth = new JsonObject();
        AddRate(bandwidth, "ingress", config.Annotations.GetValueOrDefault(IngressAnnotation));
        AddRate(bandwidth, "egress", config.Annotations.GetValueOrDefault(EgressAnnotation));
        if (bandwidth.Count > 0)
        {
            arguments["bandwidth"] = bandwidth;
        }

        if (podCidrs.Length > 0)
        {
            arguments["ipRanges"] = new JsonArray([.. podCidrs.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(cidr =>
                (JsonNode)new JsonArray(new JsonObject { ["subnet"] = cidr.Trim() }))]);
        }

        if (config.DnsConfig is { } dns)
        {
            arguments["dns"] = new JsonObject { ["servers"] = List(dns.Servers), ["searches"] = List(dns.Searches), ["options"] = List(dns.Options) };
        }

        return arguments;
    }

    /// <summary>Bits per second out of a quantity such as 10M; the annotation has been validated by whoever admitted the pod.</summary>
    internal static long? Rate(string text)
    {
        (string Suffix, double Factor)[] suffixes =
            [("Ki", 1024), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1L << 40), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("", 1)];
        var (suffix, factor) = suffixes.First(s => text.EndsWith(s.Suffix, StringComparison.Ordinal));
        return double.TryParse(text[..^suffix.Length], NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0
            ? (long)(number * factor)
            : null;
    }

    private static void AddRate(JsonObject bandwidth, string direction, string? quantity)
    {
        if (quantity is not null && Rate(quantity) is { } rate)
        {
            bandwidth[direction + "Rate"] = rate;
            bandwidth[direction + "Burst"] = int.MaxValue;
        }
    }

    private static JsonArray List(IEnumerable<string> values) => new([.. values.Select(v => (JsonNode)v)]);
}
