using System.Globalization;

namespace NodeAgent.Kubelet.Host;

/// <summary>Finds the processes that keep a mount from going: by an open file, a working folder or a root in it.</summary>
internal static class MountHolders
{
    private const int Most = 5;

    /// <returns>Such as <c>process 4711 (sh) by its working folder</c>; at most five.</returns>
    public static IReadOnlyList<string> Find(string mount)
    {
        var inside = mount.TrimEnd('/') + "/";
        List<string> found = [];
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(p => int.TryParse(Path.GetFileName(p), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            if (found.Count == Most)
            {
                break;
            }

            try
            {
                if (Use(process, mount, inside) is { } use)
                {
                    found.Add($"process {Path.GetFileName(process)} ({File.ReadAllText(Path.Combine(process, "comm")).Trim()}) by {use}");
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at.
            }
        }

        return found;
    }

    private static string? Use(string process, string mount, string inside)
    {
        if (Holds("cwd"))
        {
            return "its working folder";
        }

        if (Holds("root"))
        {
            return "its root folder";
        }

        foreach (var file in Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")))
        {
            if (IsIn(new FileInfo(file).LinkTarget))
            {
                return $"the open file {new FileInfo(file).LinkTarget}";
            }
        }

        // Code or data mapped from a file keeps the mount as well.
        foreach (var line in File.ReadLines(Path.Combine(process, "maps")))
        {
            if (line.IndexOf('/', StringComparison.Ordinal) is var at and > 0 && IsIn(line[at..]))
            {
                return $"the mapped file {line[at..]}";
            }
        }

        return null;

        bool Holds(string link) => IsIn(new FileInfo(Path.Combine(process, link)).LinkTarget);
        bool IsIn(string? path) => path is not null && (path == mount || path.StartsWith(inside, StringComparison.Ordinal));
    }
}
