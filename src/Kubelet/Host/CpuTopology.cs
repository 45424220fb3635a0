using System.Globalization;

namespace NodeAgent.Kubelet.Host;

/// <summary>How the logical CPUs of this machine are spread; 0 where the kernel does not tell.</summary>
internal readonly record struct CpuTopology(int Sockets, int Cores)
{
    /// <param name="folder">With a folder for each CPU.</param>
    public static CpuTopology Read(string folder = "/sys/devices/system/cpu")
    {
        var sockets = new HashSet<int>();
        var cores = new HashSet<(int Socket, int Core)>();
        foreach (var cpu in Directory.Exists(folder) ? Directory.EnumerateDirectories(folder, "cpu*") : [])
        {
            if (Number(Path.Combine(cpu, "topology/physical_package_id")) is { } socket)
            {
                sockets.Add(socket);
                if (Number(Path.Combine(cpu, "topology/core_id")) is { } core)
                {
                    cores.Add((socket, core));
                }
            }
        }

        return new CpuTopology(sockets.Count, cores.Count);
    }

    private static int? Number(string path) =>
        File.Exists(path) && int.TryParse(File.ReadAllText(path).AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;
}
