namespace NodeAgent.Kubelet.Resources;

/// <param name="Controller">Of cgroup v1; with v2 all are in one folder.</param>
/// <param name="File">In the cgroup's folder.</param>
internal readonly record struct CgroupValue(string Controller, string File, string Value);
