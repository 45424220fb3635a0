namespace NodeAgent.Kubelet.Stats;

/// <summary>What a cgroup has read from and written to one block device.</summary>
internal record struct DeviceIo(uint Major, uint Minor)
{
    public ulong ReadBytes { get; set; }

    public ulong WriteBytes { get; set; }

    public ulong Reads { get; set; }

    public ulong Writes { get; set; }
}
