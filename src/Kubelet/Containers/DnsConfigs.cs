using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>resolv.conf of a pod, by its dnsPolicy and dnsConfig, within the limits that resolvers have.</summary>
internal static class DnsConfigs
{
    private const int MostNameservers = 3;
    private const int MostSearches = 32;
    private const int LongestSearches = 2048;
    private const int LongestSearch = 253;
    private static readonly string[] ClusterOptions = ["ndots:5"];

    /// <param name="Warnings">Events of the pod, each with upstream's reason and words.</param>
    internal sealed record Result(Cri.DNSConfig Config, IReadOnlyList<(string Reason, string Message)> Warnings);

    public static Cri.DNSConfig For(Pod pod, ImmutableArray<string> clusterDns, string clusterDomain, string host) => Make(pod, clusterDns, clusterDomain, host).Config;

    /// <param name="host">The content of the host's resolv.conf.</param>
    public static Result Make(Pod pod, ImmutableArray<string> clusterDns, string clusterDomain, string host)
    {
        List<(string, string)> warnings = [];
        var config = new Cri.DNSConfig();
        var policy = pod.Spec.DnsPolicy;
        var cluster = policy == "ClusterFirstWithHostNet" || (policy is "ClusterFirst" or "" && !pod.Spec.HostNetwork);
        if (policy != "None")
        {
            var (servers, searches, options) = Parse(host);
            if (cluster && clusterDns.Length > 0)
            {
                config.Servers.AddRange(clusterDns);
                string[] own = clusterDomain.Length > 0 ? [$"{pod.Metadata.Namespace}.svc.{clusterDomain}", $"svc.{clusterDomain}", clusterDomain] : [];
                config.Searches.AddRange(own.Concat(searches).Distinct());
                config.Options.AddRange(ClusterOptions);
            }
            else
            {
                if (cluster)
                {
                    warnings.Add(("MissingClusterDNS", $"pod: \"{pod.Describe()}\". kubelet does not have ClusterDNS IP configured and cannot create Pod using \"ClusterFirst\" policy. Falling back to \"Default\" policy."));
                }

                config.Servers.AddRange(servers);
                config.Searches.AddRange(searches);
                config.Options.AddRange(options);
            }
        }

        if (pod.Spec.DnsConfig is { } asked)
        {
            Add(config, asked);
        }

        Limit(config, warnings);
        return new Result(config, warnings);
    }

    /// <summary>Whether the host's own file is beyond what pods can be given of it; upstream tells it once, when the kubelet starts.</summary>
    /// <param name="file">Its path, for the message.</param>
    /// <param name="text">Its content.</param>
    /// <returns>Null when all is well.</returns>
    public static string? CheckHost(string file, string text, string clusterDomain)
    {
        const int ClusterSearches = 3;
        var searches = Parse(text).Searches;
        var most = clusterDomain.Length > 0 ? MostSearches - ClusterSearches : MostSearches;
        if (searches.Count > most)
        {
            return $"Resolv.conf file '{file}' contains search line consisting of more than {most} domains!";
        }

        if (searches.Any(s => s.Length > LongestSearch))
        {
            return $"Resolv.conf file \"{file}\" contains a search path which length is more than allowed {LongestSearch} chars!";
        }

        return string.Join(' ', searches).Length > LongestSearches
            ? $"Resolv.conf file '{file}' contains search line which length is more than allowed {LongestSearches} chars!"
            : null;
    }

    internal static (List<string> Servers, List<string> Searches, List<string> Options) Parse(string text)
    {
        List<string> servers = [];
        List<string> searches = [];
        List<string> options = [];
        foreach (var line in text.Split('\n'))
        {
            var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case ["nameserver", var server, ..]:
                    servers.Add(server);
                    break;
                case ["search", .. var domains]:
                    searches = [.. domains.Where(d => d != ".").Select(d => d.EndsWith('.') ? d[..^1] : d)];
                    break;
                case ["options", .. var given]:
                    foreach (var option in given)
                    {
                        Replace(options, option);
                    }

                    break;
            }
        }

        return (servers, searches, options);
    }

    private static void Add(Cri.DNSConfig config, PodDNSConfig own)
    {
        var servers = config.Servers.Concat(own.Nameservers).Distinct().ToList();
        config.Servers.Clear();
        config.Servers.AddRange(servers);
        var searches = config.Searches.Concat(own.Searches).Distinct().ToList();
        config.Searches.Clear();
        config.Searches.AddRange(searches);
        foreach (var option in own.Options)
        {
            Replace(config.Options, option.Value.Length > 0 ? $"{option.Name}:{option.Value}" : option.Name);
        }
    }

    /// <summary>The last option of a name is the one that counts.</summary>
    private static void Replace(IList<string> options, string option)
    {
        var name = option.Split(':')[0];
        for (var i = options.Count - 1; i >= 0; i--)
        {
            if (options[i].Split(':')[0] == name)
            {
                options.RemoveAt(i);
            }
        }

        options.Add(option);
    }

    private static void Limit(Cri.DNSConfig config, List<(string, string)> warnings)
    {
        if (config.Servers.Count > MostNameservers)
        {
            Keep(config.Servers, [.. config.Servers.Take(MostNameservers)]);
            warnings.Add(("DNSConfigForming", $"Nameserver limits were exceeded, some nameservers have been omitted, the applied nameserver line is: {string.Join(' ', config.Servers)}"));
        }

        List<string> searches = [.. config.Searches.Take(MostSearches).Where(s => s.Length <= LongestSearch)];
        while (string.Join(' ', searches).Length > LongestSearches)
        {
            searches.RemoveAt(searches.Count - 1);
        }

        if (searches.Count != config.Searches.Count)
        {
            Keep(config.Searches, searches);
            warnings.Add(("DNSConfigForming", $"Search Line limits were exceeded, some search paths have been omitted, the applied search line is: {string.Join(' ', searches)}"));
        }

        static void Keep(Google.Protobuf.Collections.RepeatedField<string> list, List<string> kept)
        {
            list.Clear();
            list.AddRange(kept);
        }
    }
}
