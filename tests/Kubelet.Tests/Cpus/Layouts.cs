using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Tests.Cpus;

/// <summary>Machines of several shapes.</summary>
internal static class Layouts
{
    /// <summary>One socket of four cores with two CPUs each: siblings are 0 and 4, 1 and 5, ...</summary>
    public static readonly CpuLayout Small = Make(sockets: 1, nodesPerSocket: 1, coresPerNode: 4, threads: 2);

    /// <summary>Two sockets, each a NUMA node of three cores with two CPUs: socket 0 has 0, 2, 4 and their siblings 6, 8, 10, as upstream's dual-socket example.</summary>
    public static readonly CpuLayout Dual = new(Enumerable.Range(0, 12).Select(id => new CpuPlace(id, id % 6, id % 2, id % 2, id % 2)));

    /// <summary>One socket of eight cores without siblings in four caches.</summary>
    public static readonly CpuLayout Caches = new(Enumerable.Range(0, 8).Select(id => new CpuPlace(id, id, 0, 0, id / 2)));

    /// <summary>CPUs are numbered over all cores first, then over their siblings, as Linux does on most machines.</summary>
    public static CpuLayout Make(int sockets, int nodesPerSocket, int coresPerNode, int threads)
    {
        var cores = sockets * nodesPerSocket * coresPerNode;
        return new CpuLayout(Enumerable.Range(0, cores * threads).Select(id =>
        {
            var core = id % cores;
            var node = core / coresPerNode;
            return new CpuPlace(id, core, node / nodesPerSocket, node, node);
        }));
    }
}
