namespace NodeAgent.Kubelet.Host;

/// <summary>What is mounted in this process's namespace.</summary>
internal static class MountTable
{
    /// <summary>Mount points at or below the folder, the deepest first.</summary>
    public static IReadOnlyList<string> Below(string directory)
    {
        var inside = directory.TrimEnd('/') + "/";
        return
        [
            .. File.ReadLines("/proc/self/mountinfo")
                .Select(line => Unescape(line.Split(' ')[4]))
                .Where(point => point == directory || point.StartsWith(inside, StringComparison.Ordinal))
                .OrderByDescending(point => point.Length),
        ];
    }

    public static bool IsMountPoint(string directory) => Below(directory).Contains(directory);

    internal static string Unescape(string text) => !text.Contains('\\', StringComparison.Ordinal)
        ? text
        : text.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal).Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
