using System.IO.Compression;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Logs;

/// <summary>
/// Rotates one container's log: the newest rotated file stays readable as it is, older ones are compressed, the oldest go.
/// </summary>
/// <param name="maxFiles">How many files a container's log may have, the one that is written included.</param>
internal sealed class LogRotator(IRuntimeService runtime, int maxFiles, TimeProvider time)
{
    public async Task RotateAsync(string containerId, string log, CancellationToken cancellationToken)
    {
        RemoveUnfinished(log);
        var rotated = LogFiles.Rotated(log);

        // Room for the one that is about to be rotated and for the new one.
        var excess = Math.Max(rotated.Count - (maxFiles - 2), 0);
        foreach (var old in rotated.Take(excess))
        {
            File.Delete(old);
        }

        foreach (var plain in rotated.Skip(excess).Where(f => !f.EndsWith(LogFiles.Compressed, StringComparison.Ordinal)))
        {
            await CompressAsync(plain, cancellationToken);
        }

        var renamed = LogFiles.RotatedName(log, time.GetUtcNow());
        File.Move(log, renamed);
        try
        {
            await runtime.ReopenContainerLogAsync(containerId, cancellationToken);
        }
        catch (Exception)
        {
            // The engine goes on writing to the file that it has open: it gets its name back.
            if (!Path.Exists(log))
            {
                File.Move(renamed, log);
            }

            throw;
        }
    }

    private static void RemoveUnfinished(string log)
    {
        var beginning = log + ".";
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(log)!).Where(f => f.StartsWith(beginning, StringComparison.Ordinal) && f.EndsWith(LogFiles.Unfinished, StringComparison.Ordinal)))
        {
            File.Delete(file);
        }
    }

    private static async Task CompressAsync(string path, CancellationToken cancellationToken)
    {
        var (unfinished, done) = (path + LogFiles.Unfinished, path + LogFiles.Compressed);
        await using (var source = File.OpenRead(path))
        await using (var target = new GZipStream(File.Create(unfinished), CompressionLevel.Fastest))
        {
            await source.CopyToAsync(target, cancellationToken);
        }

        // Readers leave out files that ended before the time they are asked for.
        File.SetLastWriteTimeUtc(unfinished, File.GetLastWriteTimeUtc(path));
        File.Move(unfinished, done, overwrite: true);
        File.Delete(path);
    }
}
