namespace NodeAgent.Testing.Iptables;

/// <summary>A packet that opens a connection, as the rules see it.</summary>
/// <param name="Protocol">As rules have it: tcp, udp, sctp.</param>
/// <param name="From">Where the packet enters: PREROUTING when it comes from an interface, OUTPUT when the node itself sends it.</param>
public sealed record Packet(string Source, string Destination, int Port, string Protocol = "tcp", string From = "PREROUTING", string Interface = "eth0");
