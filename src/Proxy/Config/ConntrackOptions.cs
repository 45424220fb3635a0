namespace NodeAgent.Proxy.Config;

/// <summary>Kernel settings of the connection table; null leaves a setting as it is.</summary>
/// <param name="MaxPerCore">Entries per CPU; 0 leaves the size of the table as it is.</param>
/// <param name="Min">The least size, whatever the number of CPUs.</param>
internal sealed record ConntrackOptions(
    int MaxPerCore = 32 * 1024,
    int Min = 128 * 1024,
    TimeSpan? TcpEstablishedTimeout = null,
    TimeSpan? TcpCloseWaitTimeout = null,
    bool TcpBeLiberal = false,
    TimeSpan? UdpTimeout = null,
    TimeSpan? UdpStreamTimeout = null);
