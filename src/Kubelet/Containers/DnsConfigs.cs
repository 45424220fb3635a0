using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Containers;

/// <summary>resolv.conf of a pod, by its dnsPolicy and dnsConfig, within the limits that resolvers have.</summary>
internal static class DnsConfigs
{
    private const int MostNameservers = 3;
    private const int MostSearches = 32;
    private const int LongestSearches = 2048;
    private static readonly string[] ClusterOptions = ["ndots:5"];

    /// <param name="host">The content of the host's resolv.conf.</param>
    public static Cri.DNSConfig For(Pod pod, ImmutableArray<string> clusterDns, string clusterDomain, string host)
    {
        var config = new Cri.DNSConfig();
        var policy = pod.Spec.DnsPolicy;
        var cluster = policy == "ClusterFirstWithHostNet" || (policy is "ClusterFirst" or "" && !pod.Spec.HostNetwork);
        if (policy != "None")
        {
            var (servers, searches, options) = Parse(host);
            if (cluster && clusterDns.Length > 0)
            {
                config.Servers.AddRange(clusterDns);
                if (clusterDomain.Length > 0)
                {
                    config.Searches.AddRange([$"{pod.Metadata.Namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain]);
                }

                config.Searches.AddRange(searches);
                config.Options.AddRange(ClusterOptions);
            }
            else
            {
                config.Servers.AddRange(servers);
                config.Searches.AddRange(searches);
                config.Options.AddRange(options);
            }
        }

        if (pod.Spec.DnsConfig is { } own)
        {
            Add(config, own);
        }

        return Limit(config);
    }

    internal static (List<string> Servers, List<string> Searches, List<string> Options) Parse(string text)
    {
        List<string> servers = [];
        List<string> searches = [];
        List<string> options = [];
        foreach (var line in text.Split('\n'))
        {
            var words = line.Trim().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var server, ..]:
                    servers.Add(server);
                    break;
                case ["search", .. var domains]:
                    searches = [.. domains.Select(d => d.Length > 1 ? d.TrimEnd('.') : d)];
                    break;
                case ["options", .. var given]:
                    options = [.. given];
                    break;
            }
        }

        return (servers, searches, options);
    }

    private static void Add(Cri.DNSConfig config, PodDNSConfig own)
    {
        config.Servers.AddRange(own.Nameservers.Except(config.Servers).ToList());
        config.Searches.AddRange(own.Searches.Except(config.Searches).ToList());
        foreach (var option in own.Options)
        {
            var text = option.Value.Length > 0 ? $"{option.Name}:{option.Value}" : option.Name;
            foreach (var old in config.Options.Where(o => o.Split(':')[0] == option.Name).ToList())
            {
                config.Options.Remove(old);
            }

            config.Options.Add(text);
        }
    }

    private static Cri.DNSConfig Limit(Cri.DNSConfig config)
    {
        while (config.Servers.Count > MostNameservers)
        {
            config.Servers.RemoveAt(config.Servers.Count - 1);
        }

        while (config.Searches.Count > MostSearches || config.Searches.Sum(s => s.Length + 1) > LongestSearches)
        {
            config.Searches.RemoveAt(config.Searches.Count - 1);
        }

        return config;
    }
}
