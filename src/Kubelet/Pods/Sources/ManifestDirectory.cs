using Microsoft.Extensions.Logging;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>
/// The pods of a folder of manifests (or of one file). Changes are seen by inotify and, should that miss one, by looking
/// every few seconds. A malformed file is told once for each of its states; the other files run.
/// </summary>
internal sealed partial class ManifestDirectory(string path, string nodeName, StaticPodSet pods, TimeProvider time, ILogger<ManifestDirectory> logger)
{
    private const string SourceName = "file";
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<string, (DateTime Written, long Length, IReadOnlyList<Pod> Pods)> _files = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var changed = new SemaphoreSlim(0, 1);
        FileSystemWatcher? watcher = null;
        try
        {
            while (true)
            {
                watcher ??= Watch(changed);
                Scan();
                await changed.WaitAsync(LookAnyway, cancellationToken);

                // Editors write in several steps; what is half written is not worth an error.
                await Task.Delay(Settle, time, cancellationToken);
            }
        }
        finally
        {
            watcher?.Dispose();
        }
    }

    internal void Scan()
    {
        var present = List().ToList();
        foreach (var gone in _files.Keys.Except(present).ToList())
        {
            _files.Remove(gone);
        }

        foreach (var file in present)
        {
            ReadIfChanged(file);
        }

        pods.Replace(SourceName, [.. _files.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f => f.Value.Pods)]);
    }

    private void ReadIfChanged(string file)
    {
        try
        {
            var info = new FileInfo(file);
            var state = (info.LastWriteTimeUtc, info.Length);
            if (_files.TryGetValue(file, out var known) && (known.Written, known.Length) == state)
            {
                return;
            }

            var (read, errors) = StaticPods.Read(File.ReadAllText(file), file, SourceName, nodeName, time.GetUtcNow());
            foreach (var error in errors)
            {
                LogMalformed(error);
            }

            // While a file is malformed its pods go on as they were: a slip of the editor must not stop an API server.
            var kept = errors.Count > 0 && _files.TryGetValue(file, out var before) ? before.Pods : read;
            _files[file] = (state.LastWriteTimeUtc, state.Length, Unchanged(known.Pods, kept));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(file, e.Message);
        }
    }

    /// <summary>A pod that is the same keeps the time at which it was first seen.</summary>
    private static IReadOnlyList<Pod> Unchanged(IReadOnlyList<Pod>? before, IReadOnlyList<Pod> now) =>
        before is null ? now : [.. now.Select(p => before.FirstOrDefault(b => b.Metadata.Uid == p.Metadata.Uid) ?? p)];

    private IEnumerable<string> List()
    {
        if (File.Exists(path))
        {
            return [path];
        }

        return Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Where(f => !Path.GetFileName(f).StartsWith('.'))
            : [];
    }

    private FileSystemWatcher? Watch(SemaphoreSlim changed)
    {
        var folder = File.Exists(path) ? Path.GetDirectoryName(path)! : path;
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var watcher = new FileSystemWatcher(folder) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.LastWrite | NotifyFilters.Size };
        void Changed()
        {
            if (changed.CurrentCount == 0)
            {
                try
                {
                    changed.Release();
                }
                catch (SemaphoreFullException)
                {
                    // Somebody else has said so at the same moment.
                }
            }
        }

        watcher.Created += (_, _) => Changed();
        watcher.Changed += (_, _) => Changed();
        watcher.Deleted += (_, _) => Changed();
        watcher.Renamed += (_, _) => Changed();
        watcher.Error += (_, _) => Changed();
        watcher.EnableRaisingEvents = true;
        return watcher;
    }

    [LoggerMessage(1, LogLevel.Error, "A manifest is malformed, its pods do not run: {Error}")]
    private partial void LogMalformed(string error);

    [LoggerMessage(2, LogLevel.Warning, "The manifest {File} cannot be read: {Error}")]
    private partial void LogUnreadable(string file, string error);
}
