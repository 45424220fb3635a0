using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Cpus;

/// <summary>
/// Takes CPUs so that what remains is as whole as possible: entire NUMA nodes and sockets, then last-level caches when that is
/// asked for, then entire cores, then single CPUs; of several the one with the fewest free CPUs, as upstream does.
/// </summary>
internal sealed class CpuPicker
{
    private readonly CpuLayout _host;
    private readonly CpuPolicyOptions _options;
    private readonly bool _nodesFirst;
    private CpuLayout _free;
    private CpuSet _taken = CpuSet.Empty;
    private int _needed;

    private CpuPicker(CpuLayout host, CpuSet available, int count, CpuPolicyOptions options)
    {
        (_host, _free, _needed, _options) = (host, host.Only(available), count, options);
        _nodesFirst = host.Sockets >= host.Nodes;
    }

    /// <returns>Null when there are not enough.</returns>
    public static CpuSet? Take(CpuLayout host, CpuSet available, int count, CpuPolicyOptions options)
    {
        if (options.SpreadOverNodes)
        {
            return CpuSpreader.Take(host, available, count, options.WholeCores ? host.PerCore : 1, options);
        }

        return TakePacked(host, available, count, options);
    }

    internal static CpuSet? TakePacked(CpuLayout host, CpuSet available, int count, CpuPolicyOptions options)
    {
        if (count <= 0)
        {
            return CpuSet.Empty;
        }

        var picker = new CpuPicker(host, available, count, options);
        return picker._needed > picker._free.Count ? null : picker.Take();
    }

    private CpuSet Take()
    {
        (Func<IEnumerable<int>>, Func<CpuPlace, int>)[] levels = _nodesFirst ? [(Nodes, c => c.Node), (Sockets, c => c.Socket)] : [(Sockets, c => c.Socket), (Nodes, c => c.Node)];
        foreach (var (sorted, part) in levels)
        {
            TakeWhole(sorted, part);
        }

        if (_options.AlignByCache)
        {
            TakeByCache();
        }

        if (!_options.SpreadOverCores)
        {
            TakeWhole(Cores, c => c.Core);
        }

        foreach (var cpu in (_options.SpreadOverCores ? Sockets().SelectMany(s => _free.Where(c => c.Socket == s)) : Cores().SelectMany(core => _free.Where(c => c.Core == core))).Distinct().ToList())
        {
            if (_needed > 0)
            {
                Claim(CpuSet.Of([cpu]));
            }
        }

        return _taken;
    }

    /// <summary>Takes every part that is wholly free, as long as it is not more than needed.</summary>
    private void TakeWhole(Func<IEnumerable<int>> sorted, Func<CpuPlace, int> part)
    {
        foreach (var id in sorted().Distinct().ToList())
        {
            var whole = _host.Where(c => part(c) == id);
            if (whole.Count <= _needed && _free.Where(c => part(c) == id).Count == whole.Count)
            {
                Claim(whole);
            }
        }
    }

    private void TakeByCache()
    {
        foreach (var cache in Caches().ToList())
        {
            if (_needed >= _host.PerCache)
            {
                TakeWhole(Caches, c => c.Cache);
            }

            if (_needed <= 0)
            {
                return;
            }

            var cores = (_needed + _host.PerCore - 1) / _host.PerCore;
            var fit = _free.Places.Where(c => c.Cache == cache).Select(c => c.Core).Distinct().Order().Take(cores).ToHashSet();
            var cpus = _free.Where(c => fit.Contains(c.Core)).ToList();
            if (_needed % 2 != 0 && _host.PerCore > 1 && cpus.Count > _needed)
            {
                cpus.RemoveAt(cpus.Count - 1);
            }

            if (cpus.Count == _needed)
            {
                Claim(CpuSet.Of(cpus));
                return;
            }
        }
    }

    private void Claim(CpuSet cpus)
    {
        _taken = _taken.Union(cpus);
        _free = _free.Only(_free.All.Except(cpus));
        _needed -= cpus.Count;
    }

    private IEnumerable<int> Nodes() => _nodesFirst ? Sorted(_free.Places, c => c.Node) : Sockets().SelectMany(s => Sorted(_free.Places.Where(c => c.Socket == s), c => c.Node));

    private IEnumerable<int> Sockets() => _nodesFirst ? Nodes().SelectMany(n => Sorted(_free.Places.Where(c => c.Node == n), c => c.Socket)) : Sorted(_free.Places, c => c.Socket);

    private IEnumerable<int> Caches() => Nodes().SelectMany(n => Sorted(_free.Places.Where(c => c.Node == n), c => c.Cache)).Distinct();

    private IEnumerable<int> Cores() => _nodesFirst
        ? Sockets().SelectMany(s => Sorted(_free.Places.Where(c => c.Socket == s), c => c.Core))
        : Nodes().SelectMany(n => Sorted(_free.Places.Where(c => c.Node == n), c => c.Core));

    /// <summary>The parts that the CPUs are in: those with the fewest free CPUs first, then the lower number.</summary>
    private IEnumerable<int> Sorted(IEnumerable<CpuPlace> among, Func<CpuPlace, int> part) =>
        among.Select(part).Distinct().OrderBy(id => _free.Places.Count(c => part(c) == id)).ThenBy(id => id).ToList();
}
