using NodeAgent.Proxy.Config;

namespace NodeAgent.Proxy.Conntrack;

/// <summary>The kernel settings of the connection table that the configuration asks for.</summary>
internal static class ConntrackSysctls
{
    public const string BeLiberal = "net/netfilter/nf_conntrack_tcp_be_liberal";
    public const string Count = "net/netfilter/nf_conntrack_count";
    public const string Max = "net/netfilter/nf_conntrack_max";

    /// <summary>More would take memory on hosts with many cores that no connection ever needs.</summary>
    private const int MaxEntries = 1024 * 1024;

    /// <summary>Names and values to set.</summary>
    public static IEnumerable<(string Name, int Value)> Plan(ConntrackOptions options, int processors)
    {
        if (options.MaxPerCore > 0)
        {
            yield return (Max, (int)Math.Min(Math.Max((long)options.MaxPerCore * processors, options.Min), Math.Max(MaxEntries, options.Min)));
        }

        if (options.TcpEstablishedTimeout is { } established && established > TimeSpan.Zero)
        {
            yield return ("net/netfilter/nf_conntrack_tcp_timeout_established", (int)established.TotalSeconds);
        }

        if (options.TcpCloseWaitTimeout is { } closeWait && closeWait > TimeSpan.Zero)
        {
            yield return ("net/netfilter/nf_conntrack_tcp_timeout_close_wait", (int)closeWait.TotalSeconds);
        }

        if (options.TcpBeLiberal)
        {
            yield return (BeLiberal, 1);
        }

        if (options.UdpTimeout is { } udp && udp > TimeSpan.Zero)
        {
            yield return ("net/netfilter/nf_conntrack_udp_timeout", (int)udp.TotalSeconds);
        }

        if (options.UdpStreamTimeout is { } stream && stream > TimeSpan.Zero)
        {
            yield return ("net/netfilter/nf_conntrack_udp_timeout_stream", (int)stream.TotalSeconds);
        }
    }
}
