namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>A port of the node that a pod takes.</summary>
/// <param name="Ip">An address of the node; 0.0.0.0 for all.</param>
public readonly record struct HostPort(string Ip, string Protocol, int Port)
{
    private const string AnyIp = "0.0.0.0";

    /// <summary>Same protocol and port, and the same address or one of them all addresses.</summary>
    public bool ConflictsWith(HostPort other) =>
        Port == other.Port && Protocol == other.Protocol && (Ip == other.Ip || Ip == AnyIp || other.Ip == AnyIp);
}
