namespace NodeAgent.Kubelet.Stats;

/// <summary>Reads what cgroups have used, each time from the kernel's files. Safe for concurrent use.</summary>
internal interface ICgroupReader
{
    /// <param name="cgroup">Its path from the root, such as <c>/kubepods/podX</c>.</param>
    /// <param name="detail">What is needed of it at least.</param>
    /// <returns>Null when there is no such cgroup.</returns>
    CgroupSample? Read(string cgroup, UsageDetail detail);

    /// <summary>The names of the cgroups right below one.</summary>
    IReadOnlyList<string> Children(string cgroup);

    /// <summary>The processes of the cgroup itself, by their ids on the host.</summary>
    IReadOnlyList<int> Processes(string cgroup);
}
