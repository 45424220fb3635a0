namespace NodeAgent.Kubelet.Eviction;

/// <summary>What one container uses, in bytes.</summary>
/// <param name="Disk">Its writable layer and its logs.</param>
internal readonly record struct ContainerUse(string Name, long Memory, long Disk);
