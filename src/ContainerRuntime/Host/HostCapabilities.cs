using System.Globalization;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>What the host grants to this process, and so to the engine beside it.</summary>
internal static class HostCapabilities
{
    private const int SysResource = 24;

    /// <summary>The lowest OOM score adjustment that a container can be given here: without CAP_SYS_RESOURCE no lower one than one's own.</summary>
    public static int OomScoreFloor() =>
        OomScoreFloor(File.ReadAllLines("/proc/self/status"), File.ReadAllText("/proc/self/oom_score_adj"));

    internal static int OomScoreFloor(IEnumerable<string> status, string ownAdjustment)
    {
        const string Effective = "CapEff:";
        var line = status.FirstOrDefault(l => l.StartsWith(Effective, StringComparison.Ordinal));
        var granted = line is not null
            && ulong.TryParse(line.AsSpan(Effective.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
            && (mask & (1UL << SysResource)) != 0;
        return granted ? -1000 : int.Parse(ownAdjustment, NumberStyles.AllowLeadingSign | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);
    }
}
