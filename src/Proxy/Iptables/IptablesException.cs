namespace NodeAgent.Proxy.Iptables;

/// <summary>A call of iptables failed.</summary>
internal sealed class IptablesException(string message, Exception? inner = null) : Exception(message, inner);
