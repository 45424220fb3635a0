using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>From a pod to what the runtime is told of its sandbox. The same for every call about the pod.</summary>
internal static class SandboxConfigs
{
    public static Cri.PodSandboxConfig For(Pod pod, uint attempt, string hostname, Cri.DNSConfig dns, string logDirectory, string cgroupParent, long? cpuPeriod)
    {
        var config = new Cri.PodSandboxConfig
        {
            Metadata = new Cri.PodSandboxMetadata { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace, Uid = pod.Metadata.Uid, Attempt = attempt },
            LogDirectory = logDirectory,
            DnsConfig = dns,
            Linux = new Cri.LinuxPodSandboxConfig { CgroupParent = cgroupParent, SecurityContext = SecurityContexts.ForSandbox(pod) },
        };
        if (!pod.Spec.HostNetwork)
        {
            config.Hostname = hostname;
            config.PortMappings.AddRange(PortMappings(pod));
        }

        foreach (var (key, value) in pod.Metadata.Labels)
        {
            config.Labels[key] = value;
        }

        RuntimeLabels.LabelPod(config.Labels, pod);
        foreach (var (key, value) in pod.Metadata.Annotations)
        {
            config.Annotations[key] = value;
        }

        foreach (var sysctl in pod.Spec.SecurityContext?.Sysctls ?? [])
        {
            config.Linux.Sysctls[Resources.Sysctls.Normalize(sysctl.Name)] = sysctl.Value;
        }

        var sums = PodResourceSums.Of(pod, withOverhead: false);
        config.Linux.Resources = LinuxResources.Of(sums.CpuRequestMilli, sums.CpuLimitMilli, sums.MemoryLimit, cpuPeriod);
        if (pod.Spec.Overhead.Count > 0)
        {
            var cpu = ResourceAmounts.Milli(pod.Spec.Overhead, ResourceAmounts.Cpu);
            config.Linux.Overhead = LinuxResources.Of(cpu, cpu, ResourceAmounts.Units(pod.Spec.Overhead, ResourceAmounts.Memory), cpuPeriod);
        }

        return config;
    }

    private static IEnumerable<Cri.PortMapping> PortMappings(Pod pod) => pod.Spec.Containers
        .Concat(pod.Spec.InitContainers.Where(c => c.IsSidecar()))
        .SelectMany(c => c.Ports)
        .Select(p => new Cri.PortMapping
        {
            Protocol = p.Protocol switch
            {
                "UDP" => Cri.Protocol.Udp,
                "SCTP" => Cri.Protocol.Sctp,
                _ => Cri.Protocol.Tcp,
            },
            ContainerPort = p.ContainerPort_,
            HostPort = p.HostPort,
            HostIp = p.HostIP,
        })
        .DistinctBy(p => (p.Protocol, p.ContainerPort, p.HostPort, p.HostIp));

    /// <summary>The pod's name in its own UTS namespace: short enough for the kernel, and with the domain when the pod asks for that.</summary>
    public static (string Hostname, string Domain) Names(Pod pod, string clusterDomain)
    {
        const int LongestHostname = 63;
        var name = pod.Spec.HostnameOverride is { Length: > 0 } overridden ? overridden : pod.Spec.Hostname is { Length: > 0 } given ? given : pod.Metadata.Name;
        if (name.Length > LongestHostname)
        {
            name = name[..LongestHostname].TrimEnd('-', '.');
        }

        var domain = pod.Spec.Subdomain.Length > 0 && pod.Spec.HostnameOverride.Length == 0
            ? $"{pod.Spec.Subdomain}.{pod.Metadata.Namespace}.svc.{clusterDomain}"
            : "";
        return (name, domain);
    }

    /// <summary>What the pod finds as its host name.</summary>
    /// <exception cref="ContainerConfigException">It is longer than the kernel takes.</exception>
    public static string Hostname(Pod pod, string clusterDomain)
    {
        const int LongestFqdn = 64;
        var (hostname, domain) = Names(pod, clusterDomain);
        if (!pod.Spec.SetHostnameAsFQDN || domain.Length == 0)
        {
            return hostname;
        }

        var name = $"{hostname}.{domain}";
        return name.Length <= LongestFqdn
            ? name
            : throw new ContainerConfigException($"failed to construct FQDN from Pod hostname and cluster domain, FQDN {name} is too long ({LongestFqdn} characters is the max, {name.Length} characters requested)");
    }

    public static ImmutableArray<string> HostnameParts(Pod pod, string clusterDomain)
    {
        var (hostname, domain) = Names(pod, clusterDomain);
        return domain.Length > 0 ? [$"{hostname}.{domain}", hostname] : [hostname];
    }
}
