namespace NodeAgent.Kubelet.Stats;

/// <summary>A cgroup that is no pod's and no container's.</summary>
/// <param name="Cgroup">Its path.</param>
/// <param name="Name">As /stats/summary names it (<c>kubelet</c>, <c>pods</c>); empty for one that it does not show.</param>
internal sealed record GroupUsage(string Cgroup, string Name, CgroupSample Sample, ulong? NanoCores);
