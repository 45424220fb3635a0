using System.IO.Compression;

namespace NodeAgent.Kubelet.Logs;

/// <summary>The rotated files of a log as far as they are asked for, opened where reading begins.</summary>
internal static class RotatedLogs
{
    /// <param name="log">The path of the log.</param>
    /// <param name="except">The file that is read anyway, by the name that it has now.</param>
    /// <param name="lines">How many lines before those of the newest file are asked for; null for all.</param>
    /// <returns>Oldest first. The caller disposes of them.</returns>
    public static async Task<IReadOnlyList<Stream>> OpenAsync(string log, string? except, long? lines, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        List<Stream> opened = [];
        var missing = lines;
        foreach (var path in LogFiles.Rotated(log).Where(p => p != except).Reverse())
        {
            if (missing == 0 || (since is { } earliest && File.GetLastWriteTimeUtc(path) < earliest.UtcDateTime))
            {
                break;
            }

            // Gone meanwhile: then the ones before it are, too.
            if (await TryOpenAsync(path, cancellationToken) is not { } stream)
            {
                break;
            }

            opened.Insert(0, stream);
            if (missing is { } wanted)
            {
                missing = await LogTail.SeekAsync(stream, wanted, cancellationToken);
            }
        }

        return opened;
    }

    public static async Task<Stream?> TryOpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return path.EndsWith(LogFiles.Compressed, StringComparison.Ordinal) ? await UnpackAsync(file, cancellationToken) : file;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static async Task<Stream> UnpackAsync(FileStream file, CancellationToken cancellationToken)
    {
        await using var packed = new GZipStream(file, CompressionMode.Decompress);
        var whole = new MemoryStream();
        await packed.CopyToAsync(whole, cancellationToken);
        whole.Position = 0;
        return whole;
    }
}
