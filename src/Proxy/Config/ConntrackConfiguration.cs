namespace NodeAgent.Proxy.Config;

internal sealed record ConntrackConfiguration
{
    public int? MaxPerCore { get; set; }

    public int? Min { get; set; }

    public TimeSpan? TcpEstablishedTimeout { get; set; }

    public TimeSpan? TcpCloseWaitTimeout { get; set; }

    public bool? TcpBeLiberal { get; set; }

    public TimeSpan? UdpTimeout { get; set; }

    public TimeSpan? UdpStreamTimeout { get; set; }
}
