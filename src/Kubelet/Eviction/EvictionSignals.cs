namespace NodeAgent.Kubelet.Eviction;

/// <summary>What is watched on a node, in the names that the configuration has for it, and what each is about.</summary>
internal static class EvictionSignals
{
    public const string Memory = "memory.available";
    public const string NodeDisk = "nodefs.available";
    public const string NodeInodes = "nodefs.inodesFree";
    public const string ImageDisk = "imagefs.available";
    public const string ImageInodes = "imagefs.inodesFree";
    public const string Pids = "pid.available";

    public const string MemoryPressure = "MemoryPressure";
    public const string DiskPressure = "DiskPressure";
    public const string PidPressure = "PIDPressure";

    public static readonly IReadOnlyList<string> All = [Memory, NodeDisk, NodeInodes, ImageDisk, ImageInodes, Pids];

    /// <summary>The node condition that tells of it.</summary>
    public static string ConditionOf(string signal) => signal switch
    {
        Memory => MemoryPressure,
        Pids => PidPressure,
        _ => DiskPressure,
    };

    /// <summary>The resource that pods are evicted for, as their message names it.</summary>
    public static string ResourceOf(string signal) => signal switch
    {
        Memory => "memory",
        Pids => "pids",
        NodeInodes or ImageInodes => "inodes",
        _ => "ephemeral-storage",
    };

    public static bool IsDisk(string signal) => ConditionOf(signal) == DiskPressure;
}
