using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <summary>Holds pods, and where the configuration says so the system's and the kubelet's own daemons, to their parts of the machine.</summary>
internal static class NodeAllocatable
{
    /// <exception cref="IOException">A cgroup that is to be limited does not exist.</exception>
    public static void Enforce(PodCgroups cgroups, KubeletConfiguration config, HostInfo host, bool isUnified)
    {
        var enforced = config.EnforceNodeAllocatable;
        cgroups.EnsureTree(enforced.Contains("pods") ? OfPods(config, host, isUnified) : []);
        if (enforced.Contains("system-reserved"))
        {
            cgroups.Limit(config.SystemReservedCgroup, Of(config.SystemReserved, isUnified));
        }

        if (enforced.Contains("kube-reserved"))
        {
            cgroups.Limit(config.KubeReservedCgroup, Of(config.KubeReserved, isUnified));
        }
    }

    /// <summary>What the machine has without what is reserved. Eviction's threshold is not taken off: eviction is to come before the kernel.</summary>
    internal static IReadOnlyList<CgroupValue> OfPods(KubeletConfiguration config, HostInfo host, bool isUnified) => CgroupValues.OfNode(
        isUnified,
        (host.Cpus * 1000L) - Amount(config.SystemReserved, ResourceAmounts.Cpu) - Amount(config.KubeReserved, ResourceAmounts.Cpu),
        host.MemoryBytes - Amount(config.SystemReserved, ResourceAmounts.Memory) - Amount(config.KubeReserved, ResourceAmounts.Memory));

    private static IReadOnlyList<CgroupValue> Of(Dictionary<string, Hosting.Config.ConfigQuantity> reserved, bool isUnified) =>
        CgroupValues.OfNode(isUnified, Amount(reserved, ResourceAmounts.Cpu), Amount(reserved, ResourceAmounts.Memory));

    private static long Amount(Dictionary<string, Hosting.Config.ConfigQuantity> list, string name) =>
        list.TryGetValue(name, out var text) ? ResourceAmounts.Count(name, new Quantity { String = text.Text }) : 0;
}
