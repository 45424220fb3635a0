using System.Collections.Immutable;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>Some or all CPUs of the host, by what they share.</summary>
internal sealed class CpuLayout(IEnumerable<CpuPlace> cpus)
{
    private readonly ImmutableSortedDictionary<int, CpuPlace> _cpus = cpus.ToImmutableSortedDictionary(c => c.Id, c => c);

    public IEnumerable<CpuPlace> Places => _cpus.Values;

    public int Count => _cpus.Count;

    public CpuSet All => CpuSet.Of(_cpus.Keys);

    public int Cores => Distinct(c => c.Core);

    public int Sockets => Distinct(c => c.Socket);

    public int Nodes => Distinct(c => c.Node);

    public int Caches => Distinct(c => c.Cache);

    public int PerCore => Cores == 0 ? 0 : Count / Cores;

    public int PerSocket => Sockets == 0 ? 0 : Count / Sockets;

    public int PerCache => Caches == 0 ? 0 : Count / Caches;

    /// <exception cref="KeyNotFoundException">There is no such CPU.</exception>
    public CpuPlace this[int id] => _cpus[id];

    public bool Has(int id) => _cpus.ContainsKey(id);

    public CpuSet Where(Func<CpuPlace, bool> which) => CpuSet.Of(_cpus.Values.Where(which).Select(c => c.Id));

    public CpuLayout Only(CpuSet ids) => new(_cpus.Values.Where(c => ids.Has(c.Id)));

    private int Distinct(Func<CpuPlace, int> part) => _cpus.Values.Select(part).Distinct().Count();
}
