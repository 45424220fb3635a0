namespace NodeAgent.Kubelet.Eviction;

/// <summary>A limit on local storage that a pod is above.</summary>
/// <param name="Signal">As upstream's metric of evictions names it.</param>
/// <param name="Message">In upstream's words.</param>
internal sealed record LocalStorageExcess(string Signal, string Message);
