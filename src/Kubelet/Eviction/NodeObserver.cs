using System.Globalization;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Eviction;

/// <summary>Reads the eviction signals of this host.</summary>
/// <param name="imageFolder">Where the engine keeps images; null while it has not said.</param>
internal sealed class NodeObserver(string rootDirectory, Func<CancellationToken, Task<string?>> imageFolder)
{
    private const string ProcFolder = "/proc";

    public async Task<IReadOnlyDictionary<string, Observation>> ObserveAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Observation> seen = new()
        {
            [EvictionSignals.Memory] = Memory(File.ReadLines(Path.Combine(ProcFolder, "meminfo"))),
            [EvictionSignals.Pids] = Pids(),
        };
        var node = FileSystemUse.Of(rootDirectory);
        seen[EvictionSignals.NodeDisk] = new Observation(node.AvailableBytes, node.CapacityBytes);
        AddInodes(EvictionSignals.NodeInodes, node);
        if (await imageFolder(cancellationToken) is { } folder)
        {
            var image = FileSystemUse.Of(folder);
            seen[EvictionSignals.ImageDisk] = new Observation(image.AvailableBytes, image.CapacityBytes);
            AddInodes(EvictionSignals.ImageInodes, image);
        }

        return seen;

        // File systems that make inodes as they need them say that they have none.
        void AddInodes(string signal, FileSystemUse disk)
        {
            if (disk.Inodes > 0)
            {
                seen[signal] = new Observation(disk.InodesFree, disk.Inodes);
            }
        }
    }

    /// <summary>Memory alone, which is cheap to look at.</summary>
    public static IReadOnlyDictionary<string, Observation> MemoryOnly() =>
        new Dictionary<string, Observation> { [EvictionSignals.Memory] = Memory(File.ReadLines(Path.Combine(ProcFolder, "meminfo"))) };

    /// <summary>
    /// What could be had without swapping, as upstream counts it: the whole without the working set, which is what is in use
    /// without file pages that have not been used for a while.
    /// </summary>
    internal static Observation Memory(IEnumerable<string> meminfo)
    {
        var values = meminfo.Select(l => l.Split(':', 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => Kilobytes(p[1]));
        return new Observation(values["MemFree"] + values["Inactive(file)"], values["MemTotal"]);

        static long Kilobytes(string text) => long.TryParse(text.Trim().Split(' ')[0], CultureInfo.InvariantCulture, out var value) ? value * 1024 : 0;
    }

    private static Observation Pids()
    {
        var most = Math.Min(ReadNumber("sys/kernel/pid_max"), ReadNumber("sys/kernel/threads-max"));

        // "0.1 0.2 0.3 1/234 5678": 234 threads and processes.
        var used = long.Parse(File.ReadAllText(Path.Combine(ProcFolder, "loadavg")).Split(' ')[3].Split('/')[1], CultureInfo.InvariantCulture);
        return new Observation(most - used, most);
    }

    private static long ReadNumber(string path) => long.Parse(File.ReadAllText(Path.Combine(ProcFolder, path)).Trim(), CultureInfo.InvariantCulture);
}
