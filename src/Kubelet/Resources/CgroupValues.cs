using System.Globalization;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Resources;

/// <summary>What is written into the cgroups of pods and of what is above them, in cgroup v1's words or v2's.</summary>
internal static class CgroupValues
{
    private const long MostShares = 262_144;

    /// <param name="cpuPeriod">In microseconds; null when CPU limits are not enforced.</param>
    /// <param name="pids">How many processes the pod may have; not above 0 for no limit.</param>
    /// <param name="hugePageSizes">The sizes that the host has, as cgroups name them, such as <c>2MB</c>.</param>
    public static IReadOnlyList<CgroupValue> OfPod(Pod pod, bool isUnified, long? cpuPeriod, long pids, IReadOnlyCollection<string> hugePageSizes)
    {
        var qos = PodQos.Of(pod);
        var sums = PodResourceSums.Of(pod, withOverhead: true);
        List<CgroupValue> values = [Shares(isUnified, LinuxResources.Shares(qos == PodQos.BestEffort ? 0 : sums.CpuRequestMilli))];
        var limited = AllLimited(pod, ResourceAmounts.Cpu);
        if (limited && sums.CpuLimitMilli > 0 && cpuPeriod is { } period)
        {
            var quota = Text(LinuxResources.Quota(sums.CpuLimitMilli, period));
            values.AddRange(isUnified
                ? [new CgroupValue("cpu", "cpu.max", $"{quota} {Text(period)}")]
                : [new CgroupValue("cpu", "cpu.cfs_period_us", Text(period)), new CgroupValue("cpu", "cpu.cfs_quota_us", quota)]);
        }

        if (AllLimited(pod, ResourceAmounts.Memory) && sums.MemoryLimit > 0)
        {
            values.Add(Memory(isUnified, sums.MemoryLimit));
        }

        if (pids > 0)
        {
            values.Add(new CgroupValue("pids", "pids.max", Text(pids)));
        }

        values.AddRange(hugePageSizes.Select(size => HugePages(isUnified, size, HugePageLimit(pod, size))));
        return values;
    }

    /// <summary>The class of burstable pods has as many shares as its pods ask for, that of best-effort pods the fewest.</summary>
    public static CgroupValue OfBurstable(IEnumerable<Pod> active, bool isUnified) =>
        Shares(isUnified, LinuxResources.Shares(active.Where(p => PodQos.Of(p) == PodQos.Burstable).Sum(p => PodResourceSums.Of(p, withOverhead: true).CpuRequestMilli)));

    /// <summary>All pods together: what the machine has without what is reserved.</summary>
    public static IReadOnlyList<CgroupValue> OfNode(bool isUnified, long cpuMilli, long memory) =>
        [Shares(isUnified, Math.Min(LinuxResources.Shares(cpuMilli), MostShares)), .. memory > 0 ? [Memory(isUnified, memory)] : Array.Empty<CgroupValue>()];

    /// <summary>From a resource's <c>2Mi</c> to the <c>2MB</c> of cgroups.</summary>
    public static string HugePageSize(string resource) => resource.Replace("hugepages-", "", StringComparison.Ordinal).TrimEnd('i') + "B";

    public static CgroupValue Shares(bool isUnified, long shares) =>
        isUnified ? new CgroupValue("cpu", "cpu.weight", Text(LinuxResources.Weight(shares))) : new CgroupValue("cpu", "cpu.shares", Text(shares));

    private static CgroupValue Memory(bool isUnified, long bytes) => new("memory", isUnified ? "memory.max" : "memory.limit_in_bytes", Text(bytes));

    private static CgroupValue HugePages(bool isUnified, string size, long bytes) => new("hugetlb", $"hugetlb.{size}.{(isUnified ? "max" : "limit_in_bytes")}", Text(bytes));

    private static long HugePageLimit(Pod pod, string size)
    {
        long Of(IDictionary<string, KubeApi.Meta.Quantity>? limits) => limits is null ? 0 : limits.Where(l => l.Key.StartsWith("hugepages-", StringComparison.Ordinal) && HugePageSize(l.Key) == size).Sum(l => ResourceAmounts.Units(l.Value));
        var ofPod = Of(pod.Spec.Resources?.Limits);
        if (ofPod > 0)
        {
            return ofPod;
        }

        var together = pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.IsSidecar())).Sum(c => Of(c.Resources?.Limits));
        return Math.Max(together, pod.Spec.InitContainers.Select(c => Of(c.Resources?.Limits)).DefaultIfEmpty().Max());
    }

    /// <summary>One container without a limit, and the pod has none, unless the pod has one of its own.</summary>
    private static bool AllLimited(Pod pod, string resource) =>
        ResourceAmounts.Milli(pod.Spec.Resources?.Limits, resource) > 0 || pod.Spec.InitContainers.Concat(pod.Spec.Containers).All(c => ResourceAmounts.Milli(c.Resources?.Limits, resource) > 0);

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
