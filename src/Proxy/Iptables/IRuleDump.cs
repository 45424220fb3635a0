using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Iptables;

/// <summary>The rules of one family as text.</summary>
internal interface IRuleDump
{
    IPFamily Family { get; }

    /// <summary>The rules, with their counters or without, line by line as iptables-save prints them.</summary>
    /// <exception cref="IptablesException">They cannot be read.</exception>
    Task SaveAsync(Table table, bool counters, Action<string> line, CancellationToken cancellationToken);
}
