using System.Globalization;

namespace NodeAgent.Kubelet.Server;

/// <summary>What the whole host uses, as the kernel counts it.</summary>
/// <param name="CpuNanoseconds">CPU time since the start, of all cores; idle and waiting do not count.</param>
/// <param name="AvailableBytes">Memory that could be had without swapping.</param>
internal readonly record struct HostUsage(ulong CpuNanoseconds, ulong TotalBytes, ulong FreeBytes, ulong AvailableBytes)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    /// <param name="stat">The content of /proc/stat.</param>
    /// <param name="meminfo">The content of /proc/meminfo.</param>
    public static HostUsage Parse(string stat, string meminfo)
    {
        var ticks = stat.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(Number).ToArray();
        var busy = ticks.Where((_, i) => i is not (3 or 4)).Aggregate(0UL, (sum, value) => sum + value);
        var memory = meminfo.Split('\n')
            .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
            .Where(parts => parts.Length >= 2)
            .ToDictionary(parts => parts[0], parts => Number(parts[1]) * 1024);
        return new HostUsage(busy * NanosecondsPerTick, memory.GetValueOrDefault("MemTotal"), memory.GetValueOrDefault("MemFree"), memory.GetValueOrDefault("MemAvailable"));
    }

    private static ulong Number(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
