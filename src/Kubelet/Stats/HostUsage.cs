using System.Globalization;

namespace NodeAgent.Kubelet.Stats;

/// <summary>What the whole host uses, as the kernel counts it.</summary>
/// <param name="CpuNanoseconds">CPU time since the start, of all cores; idle and waiting do not count.</param>
/// <param name="AvailableBytes">Memory that could be had without swapping.</param>
internal readonly record struct HostUsage(ulong CpuNanoseconds, ulong TotalBytes, ulong FreeBytes, ulong AvailableBytes)
{
    // USER_HZ is 100 on every architecture that .NET runs on.
    private const ulong NanosecondsPerTick = 10_000_000;

    public ulong UserNanoseconds { get; init; }

    public ulong SystemNanoseconds { get; init; }

    public ulong SwapTotalBytes { get; init; }

    public ulong SwapFreeBytes { get; init; }

    public ulong CacheBytes { get; init; }

    public ulong AnonymousBytes { get; init; }

    public ulong MappedBytes { get; init; }

    public ulong PageFaults { get; init; }

    public ulong MajorPageFaults { get; init; }

    public DateTimeOffset BootedAt { get; init; }

    public ulong WorkingSetBytes => TotalBytes - AvailableBytes;

    public ulong UsedBytes => TotalBytes - FreeBytes;

    /// <param name="stat">The content of /proc/stat.</param>
    /// <param name="meminfo">The content of /proc/meminfo.</param>
    /// <param name="vmstat">The content of /proc/vmstat; empty when it is not needed.</param>
    public static HostUsage Parse(string stat, string meminfo, string vmstat = "")
    {
        var ticks = stat.Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(Number).ToArray();
        var busy = ticks.Where((_, i) => i is not (3 or 4)).Aggregate(0UL, (sum, value) => sum + value);
        var (memory, pages) = (Pairs(meminfo, 1024), Pairs(vmstat, 1));
        var booted = stat.Split('\n').FirstOrDefault(l => l.StartsWith("btime ", StringComparison.Ordinal)) is { } line ? Number(line["btime ".Length..]) : 0;
        return new HostUsage(busy * NanosecondsPerTick, memory.GetValueOrDefault("MemTotal"), memory.GetValueOrDefault("MemFree"), memory.GetValueOrDefault("MemAvailable"))
        {
            // user and nice; system, interrupts and soft interrupts.
            UserNanoseconds = Tick(0) + Tick(1),
            SystemNanoseconds = Tick(2) + Tick(5) + Tick(6),
            SwapTotalBytes = memory.GetValueOrDefault("SwapTotal"),
            SwapFreeBytes = memory.GetValueOrDefault("SwapFree"),
            CacheBytes = memory.GetValueOrDefault("Cached"),
            AnonymousBytes = memory.GetValueOrDefault("AnonPages"),
            MappedBytes = memory.GetValueOrDefault("Mapped"),
            PageFaults = pages.GetValueOrDefault("pgfault"),
            MajorPageFaults = pages.GetValueOrDefault("pgmajfault"),
            BootedAt = DateTimeOffset.FromUnixTimeSeconds((long)booted),
        };

        ulong Tick(int index) => index < ticks.Length ? ticks[index] * NanosecondsPerTick : 0;
    }

    public static HostUsage Read() => Parse(File.ReadAllText("/proc/stat"), File.ReadAllText("/proc/meminfo"), File.ReadAllText("/proc/vmstat"));

    private static Dictionary<string, ulong> Pairs(string content, ulong unit) => content.Split('\n')
        .Select(line => line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries))
        .Where(parts => parts.Length >= 2)
        .ToDictionary(parts => parts[0], parts => Number(parts[1]) * unit);

    private static ulong Number(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
