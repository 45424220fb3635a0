namespace NodeAgent.ContainerRuntime.Docker.Containers;

/// <summary>
/// The log file where CRI wants it. The engine writes json-file logs of its own, at a place of its own; what stands at CRI's
/// path is a link to it, and whoever reads has to understand json-file beside CRI's format.
/// </summary>
/// <remarks>
/// A link and not a process that copies lines: nothing has to run for a log to be complete, it costs no CPU per line, and
/// a restart of the kubelet or of the engine loses and repeats nothing. What it costs is rotation. The engine keeps its
/// file open and cannot be told to open another one, but it only ever appends: so what is written is copied under the
/// rotated name and the engine's file is emptied. A line that is written between the last read and the truncation, some
/// microseconds, is lost; followers see the file shrink and begin at its start.
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
                await source.CopyToAsync(target, 1 << 20, cancellationToken);
                File.Move(copy, rotated, overwrite: true);
                CopyRest(source, target);
                source.SetLength(0);
            }
        }

        if (!Path.Exists(path) && new FileInfo(path).LinkTarget is null)
        {
            File.CreateSymbolicLink(path, enginePath);
        }
    }

    private static void CopyRest(FileStream source, FileStream target)
    {
        var buffer = new byte[1 << 16];
        for (int count; (count = source.Read(buffer)) > 0;)
        {
            target.Write(buffer, 0, count);
        }
    }

    /// <summary>The kubelet adds a timestamp to the name. The newest is the one just renamed; older ones are files already.</summary>
    private static string? RenamedLink(string path, string enginePath) =>
        Directory.EnumerateFiles(Path.GetDirectoryName(path)!)
            .Where(f => f.StartsWith(path + ".", StringComparison.Ordinal) && new FileInfo(f).LinkTarget == enginePath)
            .Order(StringComparer.Ordinal)
            .LastOrDefault();
}
