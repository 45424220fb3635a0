using System.Collections.Immutable;
using System.Globalization;

namespace NodeAgent.Kubelet.Topology;

/// <summary>The CPUs, caches and NUMA nodes of the host, read from /sys.</summary>
/// <param name="NodeMemory">Bytes by NUMA node.</param>
/// <param name="NodeHugePages">By NUMA node and size of a page in bytes: bytes.</param>
internal sealed record HostTopology(
    ImmutableArray<CpuPlace> Cpus,
    NumaNodes Nodes,
    ImmutableSortedDictionary<int, long> NodeMemory,
    ImmutableDictionary<(int Node, long PageSize), long> NodeHugePages)
{
    private const string LastLevel = "3";

    /// <summary>Which CPUs a host within a host may use: with cgroup v2, and with v1.</summary>
    private static readonly string[] Allowed = ["fs/cgroup/cpuset.cpus.effective", "fs/cgroup/cpuset/cpuset.effective_cpus"];

    /// <param name="sys">/sys, or in tests a folder like it.</param>
    /// <param name="memory">What the machine has, for a kernel without NUMA nodes.</param>
    public static HostTopology Read(string sys, long memory)
    {
        var nodeFolders = Directory.Exists(Path.Combine(sys, "devices/system/node"))
            ? Directory.EnumerateDirectories(Path.Combine(sys, "devices/system/node"), "node*").Where(f => int.TryParse(Path.GetFileName(f)[4..], out _)).ToImmutableSortedDictionary(f => int.Parse(Path.GetFileName(f)[4..], CultureInfo.InvariantCulture), f => f)
            : ImmutableSortedDictionary<int, string>.Empty;
        var cpuNodes = nodeFolders.SelectMany(n => Set(n.Value, "cpulist").Select(c => (Cpu: c, Node: n.Key))).ToDictionary(p => p.Cpu, p => p.Node);
        var cpuRoot = Path.Combine(sys, "devices/system/cpu");
        var online = Set(cpuRoot, "online");
        var allowed = Allowed.Select(file => Set(sys, file)).FirstOrDefault(set => !set.IsEmpty) ?? online;
        var cpus = online.Intersect(allowed).Select(id => Place(cpuRoot, id, cpuNodes.GetValueOrDefault(id))).ToImmutableArray();
        if (nodeFolders.IsEmpty)
        {
            return new HostTopology(cpus, new NumaNodes([0], ImmutableSortedDictionary<int, ImmutableArray<int>>.Empty), ImmutableSortedDictionary<int, long>.Empty.Add(0, memory), ImmutableDictionary<(int, long), long>.Empty);
        }

        var distances = nodeFolders
            .Where(n => File.Exists(Path.Combine(n.Value, "distance")))
            .ToImmutableSortedDictionary(n => n.Key, n => Text(n.Value, "distance").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(d => int.Parse(d, CultureInfo.InvariantCulture)).ToImmutableArray());
        return new HostTopology(
            cpus,
            new NumaNodes([.. nodeFolders.Keys], distances),
            nodeFolders.ToImmutableSortedDictionary(n => n.Key, n => MemoryOf(n.Value)),
            nodeFolders.SelectMany(HugePages).ToImmutableDictionary(p => (p.Node, p.Size), p => p.Bytes));
    }

    private static CpuPlace Place(string root, int id, int node)
    {
        var folder = Path.Combine(root, $"cpu{id}");
        var threads = Set(Path.Combine(folder, "topology"), "thread_siblings_list");
        var socket = Text(Path.Combine(folder, "topology"), "physical_package_id");
        return new CpuPlace(id, threads.IsEmpty ? id : threads.First(), int.TryParse(socket, out var number) && number >= 0 ? number : 0, node, Cache(Path.Combine(folder, "cache"), id));
    }

    private static int Cache(string folder, int id)
    {
        foreach (var index in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "index*") : [])
        {
            if (Text(index, "level") == LastLevel)
            {
                return int.TryParse(Text(index, "id"), out var cache) ? cache : Set(index, "shared_cpu_list").FirstOrDefault(id);
            }
        }

        return 0;
    }

    private static long MemoryOf(string folder)
    {
        // "Node 0 MemTotal:  24601234 kB"
        var line = File.Exists(Path.Combine(folder, "meminfo")) ? File.ReadLines(Path.Combine(folder, "meminfo")).FirstOrDefault(l => l.Contains("MemTotal:", StringComparison.Ordinal)) : null;
        return line is null ? 0 : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024;
    }

    private static IEnumerable<(int Node, long Size, long Bytes)> HugePages(KeyValuePair<int, string> node)
    {
        const string Prefix = "hugepages-";
        var folder = Path.Combine(node.Value, "hugepages");
        foreach (var size in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [])
        {
            var bytes = long.Parse(Path.GetFileName(size)[Prefix.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture) * 1024;
            yield return (node.Key, bytes, bytes * long.Parse(Text(size, "nr_hugepages"), CultureInfo.InvariantCulture));
        }
    }

    private static CpuSet Set(string folder, string file) => CpuSet.Parse(Text(folder, file));

    private static string Text(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "";
    }
}
