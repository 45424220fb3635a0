using NodeAgent.ContainerRuntime.Host;

namespace NodeAgent.ContainerRuntime.Docker.Containers;

/// <summary>
/// The log file where CRI wants it. The engine writes json-file logs of its own, at a place of its own; what stands at CRI's
/// path is a link to it, and whoever reads has to understand json-file beside CRI's format.
/// </summary>
/// <remarks>
/// A link and not a process that copies lines: nothing has to run for a log to be complete, it costs no CPU per line, and
/// a restart of the kubelet or of the engine loses and repeats nothing. What it costs is rotation. The engine keeps its
/// file open and cannot be told to open another one, but it only ever appends: so what is written is copied under the
/// rotated name and taken off the front of the engine's file, some spaces at the cut included. On a file system that cannot
/// take off a file's front the engine's file is emptied instead, and a line that is written between the last read and that,
/// some microseconds, is lost. Followers see the file shrink; what they have seen of it is longer than the copy by what
/// they have seen of the rest.
/// </remarks>
internal static class ContainerLog
{
    public static string EnginePath(string rootDirectory, string containerId) =>
        Path.Combine(rootDirectory, "containers", containerId, containerId + "-json.log");

    /// <summary>Replaces what stands at the path: a link to an earlier container of that name.</summary>
    public static void Link(string path, string target)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.Delete(path);
        File.CreateSymbolicLink(path, target);
    }

    public static void Unlink(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            File.Delete(path);
        }
    }

    /// <summary>Finishes what the kubelet has begun by renaming the link: its new name gets the lines, the old one a link to an empty file.</summary>
    public static async Task RotateAsync(string path, string enginePath, CancellationToken cancellationToken)
    {
        if (RenamedLink(path, enginePath) is { } rotated)
        {
            var copy = rotated + ".tmp";
            await using (var source = new FileStream(enginePath, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1))
            await using (var target = new FileStream(copy, FileMode.Create, FileAccess.Write, FileShare.Read, 1))
            {
                await CopyAsync(source, target, source.Length, cancellationToken);
                using var appended = new AppendedFile(enginePath);
                var front = appended.MarkEnd();
                await CopyAsync(source, target, front, cancellationToken);
                File.Move(copy, rotated, overwrite: true);
                if (!appended.TryRemoveFront(front))
                {
                    await CopyAsync(source, target, long.MaxValue, CancellationToken.None);
                    source.SetLength(0);
                }
            }
        }

        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            File.CreateSymbolicLink(path, enginePath);
        }
    }

    private static async Task CopyAsync(FileStream source, FileStream target, long end, CancellationToken cancellationToken)
    {
        var buffer = new byte[1 << 16];
        int count;
        while (target.Position < end && (count = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, end - target.Position)), cancellationToken)) > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    /// <summary>The kubelet adds a timestamp to the name. The newest is the one just renamed; older ones are files already.</summary>
    private static string? RenamedLink(string path, string enginePath) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(path)!)
            .Where(f => f.StartsWith(path + ".", StringComparison.Ordinal) && new FileInfo(f).LinkTarget == enginePath)
            .Order(StringComparer.Ordinal)
            .LastOrDefault();
}
