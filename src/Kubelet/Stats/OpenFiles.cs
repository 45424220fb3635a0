using System.Globalization;
using Mono.Unix.Native;

namespace NodeAgent.Kubelet.Stats;

/// <summary>What the processes of one container have open.</summary>
/// <param name="Count">File descriptors, sockets among them.</param>
/// <param name="SoftLimit">How many files the container's first process may open: -1 for any number, null when it is not known.</param>
internal readonly record struct OpenFiles(long Count, long Sockets, long? SoftLimit)
{
    private const string SocketPrefix = "socket:";
    private const string LimitLine = "Max open files";

    /// <param name="processes">Their ids on the host; those that have ended count as nothing.</param>
    /// <param name="proc">Where /proc is.</param>
    public static OpenFiles Of(IReadOnlyList<int> processes, string proc = "/proc")
    {
        var (count, sockets) = (0L, 0L);
        var target = new byte[SocketPrefix.Length];
        foreach (var process in processes)
        {
            // Through libc: .NET's own listing follows each link to see where it leads, and a file system may not answer.
            var folder = string.Create(CultureInfo.InvariantCulture, $"{proc}/{process}/fd");
            var handle = Syscall.opendir(folder);
            if (handle == IntPtr.Zero)
            {
                continue;
            }

            try
            {
                while (Syscall.readdir(handle) is { } entry)
                {
                    if (entry.d_name is "." or "..")
                    {
                        continue;
                    }

                    count++;
                    if (Syscall.readlink($"{folder}/{entry.d_name}", target) == target.Length && target.AsSpan().SequenceEqual("socket:"u8))
                    {
                        sockets++;
                    }
                }
            }
            finally
            {
                _ = Syscall.closedir(handle);
            }
        }

        return new OpenFiles(count, sockets, processes.Count > 0 ? ReadLimit(string.Create(CultureInfo.InvariantCulture, $"{proc}/{processes.Min()}/limits")) : null);
    }

    private static long? ReadLimit(string path)
    {
        try
        {
            var line = File.ReadLines(path).FirstOrDefault(l => l.StartsWith(LimitLine, StringComparison.Ordinal)) ?? "";
            return line[Math.Min(LimitLine.Length, line.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is not [var soft, ..] ? null
                : soft == "unlimited" ? -1
                : long.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) ? limit
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
