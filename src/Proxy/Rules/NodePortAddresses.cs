using System.Net;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>Where node ports listen: on every local address, or on those inside some ranges.</summary>
internal sealed record NodePortAddresses(ValueList<IPNetwork> Ranges)
{
    public static readonly NodePortAddresses All = new([]);

    public bool MatchAll => Ranges.Count == 0;

    /// <summary>Whether 127.0.0.0/8 is among them.</summary>
    public bool ContainsIPv4Loopback =>
        MatchAll || Ranges.Any(r => IPAddress.IsLoopback(r.BaseAddress) || r.Contains(new IPAddress([127, 0, 0, 0])));

    /// <summary>Ranges of the other family do not count: without one of its own, a family uses every address.</summary>
    public static NodePortAddresses For(IPFamily family, IEnumerable<IPNetwork> ranges)
    {
        var own = ranges.Where(r => r.BaseAddress.Family() == family).ToValueList();
        return own.Any(r => r.PrefixLength == 0) ? All : new NodePortAddresses(own);
    }

    /// <summary>The addresses of the node that node ports listen on, when not all of them do.</summary>
    public ValueList<IPAddress> Select(IEnumerable<IPAddress> nodeAddresses) =>
        nodeAddresses.Where(a => Ranges.Any(r => r.BaseAddress.AddressFamily == a.AddressFamily && r.Contains(a)))
            .Distinct()
            .OrderBy(a => a.ToString(), StringComparer.Ordinal)
            .ToValueList();
}
