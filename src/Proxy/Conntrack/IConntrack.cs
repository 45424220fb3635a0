using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Conntrack;

/// <summary>The kernel's table of connections.</summary>
internal interface IConntrack
{
    /// <summary>The UDP and SCTP flows of a family. Blocks; the whole table passes by.</summary>
    IReadOnlyList<Flow> List(IPFamily family);

    /// <returns>How many were still there to delete.</returns>
    int Delete(IPFamily family, IEnumerable<Flow> flows);
}
