namespace NodeAgent.Kubelet.Stats;

/// <summary>How much is measured. Each has all of those before it; what is not asked for is not read.</summary>
internal enum UsageDetail
{
    /// <summary>What /metrics/resource shows.</summary>
    CpuAndMemory,

    /// <summary>What /stats/summary shows: processes, pressure and the pods' networks as well.</summary>
    Summary,

    /// <summary>What /metrics/cadvisor shows: limits, throttling and devices as well.</summary>
    All,
}
