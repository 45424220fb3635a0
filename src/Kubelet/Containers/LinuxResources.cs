using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>From what a container asks for to the numbers of the kernel.</summary>
internal static class LinuxResources
{
    public const long DefaultCpuPeriod = 100_000;

    private const long MinShares = 2;
    private const long MaxShares = 262_144;
    private const long SharesPerCpu = 1024;
    private const long MinQuota = 1000;
    private const long GuaranteedOomScore = -997;
    private const long BestEffortOomScore = 1000;

    /// <param name="cpuPeriod">In microseconds; null when limits on CPU are not to be enforced.</param>
    /// <param name="memory">Null for no swap with cgroup v1.</param>
    public static Cri.LinuxContainerResources For(Pod pod, Container container, long memoryCapacity, long? cpuPeriod, MemoryTuning? memory = null)
    {
        var resources = container.Resources;
        var cpuLimit = ResourceAmounts.Milli(resources?.Limits, ResourceAmounts.Cpu);
        var cpuRequest = resources?.Requests.ContainsKey(ResourceAmounts.Cpu) == true ? ResourceAmounts.Milli(resources.Requests, ResourceAmounts.Cpu) : cpuLimit;
        var memoryLimit = ResourceAmounts.Units(resources?.Limits, ResourceAmounts.Memory);
        var podLimits = pod.Spec.Resources?.Limits;
        if (cpuLimit == 0)
        {
            cpuLimit = ResourceAmounts.Milli(podLimits, ResourceAmounts.Cpu);
        }

        if (memoryLimit == 0)
        {
            memoryLimit = ResourceAmounts.Units(podLimits, ResourceAmounts.Memory);
        }

        var result = Of(cpuRequest, cpuLimit, memoryLimit, cpuPeriod);
        result.OomScoreAdj = OomScore(pod, container, memoryCapacity);

        (memory ?? new MemoryTuning(false, memoryCapacity)).Apply(pod, container, result);
        return result;
    }

    public static Cri.LinuxContainerResources Of(long cpuRequestMilli, long cpuLimitMilli, long memoryLimit, long? cpuPeriod)
    {
        var result = new Cri.LinuxContainerResources { CpuShares = Shares(cpuRequestMilli), MemoryLimitInBytes = memoryLimit };
        if (cpuPeriod is { } period)
        {
            result.CpuPeriod = period;
            result.CpuQuota = Quota(cpuLimitMilli, period);
        }

        return result;
    }

    public static long Shares(long milliCpu) => milliCpu == 0 ? MinShares : Math.Clamp(milliCpu * SharesPerCpu / 1000, MinShares, MaxShares);

    /// <returns>Microseconds per period; 0 for no limit.</returns>
    public static long Quota(long milliCpu, long period) => milliCpu == 0 ? 0 : Math.Max(milliCpu * period / 1000, MinQuota);

    /// <summary>cgroup v1's shares on the scale of cgroup v2's weight.</summary>
    public static long Weight(long shares)
    {
        if (shares <= 0)
        {
            return 0;
        }

        var clamped = Math.Clamp(shares, MinShares, MaxShares);
        return 1 + ((clamped - 2) * 9999 / 262_142);
    }

    public static long OomScore(Pod pod, Container container, long memoryCapacity)
    {
        const int NodeCritical = 2_000_001_000;
        var qos = PodQos.Of(pod);
        if ((pod.Spec.HasPriority && pod.Spec.Priority >= NodeCritical) || qos == PodQos.Guaranteed)
        {
            return GuaranteedOomScore;
        }

        if (qos == PodQos.BestEffort || memoryCapacity <= 0)
        {
            return BestEffortOomScore;
        }

        var request = MemoryRequest(container);
        if (container.IsSidecar() && pod.Spec.Containers.Count > 0)
        {
            request = Math.Max(request, pod.Spec.Containers.Min(MemoryRequest));
        }

        var score = 1000 - (long)(1000m * (request + PodResourceSums.SharedMemoryRequest(pod)) / memoryCapacity);
        return Math.Clamp(score, 1000 + GuaranteedOomScore, BestEffortOomScore - 1);
    }

    private static long MemoryRequest(Container container) => ResourceAmounts.Units(container.Resources?.Requests, ResourceAmounts.Memory);
}
