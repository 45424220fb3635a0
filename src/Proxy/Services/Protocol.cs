namespace NodeAgent.Proxy.Services;

internal enum Protocol
{
    Tcp,
    Udp,
    Sctp,
}

internal static class ProtocolExtensions
{
    /// <summary>The protocol's name in rules and chain-name hashes.</summary>
    public static string Text(this Protocol protocol) => protocol switch
    {
        Protocol.Tcp => "tcp",
        Protocol.Udp => "udp",
        _ => "sctp",
    };

    /// <summary>The IANA protocol number.</summary>
    public static byte Number(this Protocol protocol) => protocol switch
    {
        Protocol.Tcp => 6,
        Protocol.Udp => 17,
        _ => 132,
    };

    /// <summary>Reads the API's form; an absent protocol means TCP.</summary>
    public static bool TryParse(string text, out Protocol protocol)
    {
        protocol = text switch
        {
            "UDP" => Protocol.Udp,
            "SCTP" => Protocol.Sctp,
            _ => Protocol.Tcp,
        };
        return text is "" or "TCP" or "UDP" or "SCTP";
    }
}
