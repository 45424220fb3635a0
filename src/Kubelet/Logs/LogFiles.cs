using System.Globalization;

namespace NodeAgent.Kubelet.Logs;

/// <summary>The files of one container's log: the one that is written, and those it was rotated to, as upstream names them.</summary>
internal static class LogFiles
{
    public const string Compressed = ".gz";

    /// <summary>A file that is being made: left by a kubelet that ended meanwhile.</summary>
    public const string Unfinished = ".tmp";

    private const string TimeFormat = "yyyyMMdd-HHmmss";

    public static string RotatedName(string log, DateTimeOffset now) => $"{log}.{now.ToString(TimeFormat, CultureInfo.InvariantCulture)}";

    /// <summary>Rotated files, oldest first: their names end with the time.</summary>
    public static IReadOnlyList<string> Rotated(string log)
    {
        var folder = Path.GetDirectoryName(log);
        if (folder is null || !Directory.Exists(folder))
        {
            return [];
        }

        var beginning = log + ".";
        var all = Directory.EnumerateFiles(folder)
            .Where(f => f.StartsWith(beginning, StringComparison.Ordinal) && !f.EndsWith(Unfinished, StringComparison.Ordinal))
            .ToHashSet(StringComparer.Ordinal);

        // While a file is being compressed there are two of it for a moment; the compressed one is whole when it has its name.
        return [.. all.Where(f => !all.Contains(f + Compressed)).Order(StringComparer.Ordinal)];
    }
}
