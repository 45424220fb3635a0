namespace NodeAgent.Proxy.Config;

internal sealed record IptablesConfiguration
{
    public int? MasqueradeBit { get; set; }

    public bool? MasqueradeAll { get; set; }

    public bool? LocalhostNodePorts { get; set; }

    public TimeSpan? SyncPeriod { get; set; }

    public TimeSpan? MinSyncPeriod { get; set; }
}
