using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>On which NUMA nodes a request for CPUs can be met.</summary>
internal static class CpuHints
{
    /// <param name="reusable">CPUs that have to be part of every answer.</param>
    public static IReadOnlyList<NumaHint> For(CpuLayout host, CpuSet available, CpuSet reusable, int count, bool alignBySocket)
    {
        var nodes = host.Places.Select(c => c.Node).Distinct().Order().ToList();
        var narrowest = nodes.Count;
        List<NumaMask> possible = [];
        foreach (var mask in NumaMask.Combinations(nodes))
        {
            if (mask.Count < narrowest && host.Where(c => mask.Has(c.Node)).Count >= count)
            {
                narrowest = mask.Count;
            }

            if (reusable.All(c => mask.Has(host[c].Node)) && reusable.Count + available.Except(reusable).Count(c => mask.Has(host[c].Node)) >= count)
            {
                possible.Add(mask);
            }
        }

        return [.. possible.Select(m => new NumaHint(m, m.Count == narrowest || (alignBySocket && IsOnFewestSockets(host, m, narrowest))))];
    }

    private static bool IsOnFewestSockets(CpuLayout host, NumaMask mask, int narrowest)
    {
        var nodesPerSocket = host.Nodes / host.Sockets;
        return nodesPerSocket > 0
            && host.Places.Where(c => mask.Has(c.Node)).Select(c => c.Socket).Distinct().Count() == (narrowest + nodesPerSocket - 1) / nodesPerSocket;
    }
}
