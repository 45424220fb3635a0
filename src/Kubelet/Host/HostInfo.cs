using System.Globalization;
using System.Runtime.InteropServices;

namespace NodeAgent.Kubelet.Host;

/// <summary>What the kernel tells of this machine.</summary>
internal sealed record HostInfo(
    int Cpus,
    long MemoryBytes,
    string MachineId,
    string SystemUuid,
    string BootId,
    string KernelVersion,
    string OsImage,
    string Architecture,
    IReadOnlyDictionary<string, long> HugePages)
{
    public static HostInfo Read() => new(
        Environment.ProcessorCount,
        ReadMemory("MemTotal"),
        ReadLine("/etc/machine-id"),
        ReadLine("/sys/class/dmi/id/product_uuid") is { Length: > 0 } uuid ? uuid : ReadLine("/etc/machine-id"),
        ReadLine("/proc/sys/kernel/random/boot_id"),
        ReadLine("/proc/sys/kernel/osrelease"),
        ReadOsName(),
        RuntimeInformation.OSArchitecture switch
        {
            System.Runtime.InteropServices.Architecture.X64 => "amd64",
            System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
            var other => other.ToString().ToLowerInvariant(),
        },
        ReadHugePages());

    /// <summary>In bytes.</summary>
    public static long SwapBytes() => ReadMemory("SwapTotal");

    public static long AvailableMemory() => ReadMemory("MemAvailable");

    private static long ReadMemory(string name)
    {
        var line = File.ReadLines("/proc/meminfo").First(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }

    private static string ReadLine(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault("").Trim() : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static string ReadOsName()
    {
        const string Name = "PRETTY_NAME=";
        var line = File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal)) : null;
        return line?[Name.Length..].Trim('"') ?? "Linux";
    }

    private static Dictionary<string, long> ReadHugePages()
    {
        const string Folder = "/sys/kernel/mm/hugepages";
        const string Prefix = "hugepages-";
        Dictionary<string, long> pages = [];
        foreach (var size in Directory.Exists(Folder) ? Directory.EnumerateDirectories(Folder) : [])
        {
            var kilobytes = long.Parse(Path.GetFileName(size)[Prefix.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
            var count = long.Parse(ReadLine(Path.Combine(size, "nr_hugepages")), CultureInfo.InvariantCulture);
            var name = kilobytes % (1024 * 1024) == 0 ? $"hugepages-{kilobytes / 1024 / 1024}Gi" : $"hugepages-{kilobytes / 1024}Mi";
            pages[name] = count * kilobytes * 1024;
        }

        return pages;
    }
}
