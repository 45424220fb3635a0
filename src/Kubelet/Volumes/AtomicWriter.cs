using System.Globalization;
using NodeAgent.Kubelet.Host;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>
/// Writes a set of files so that a reader sees all of the old ones or all of the new ones: the files lie in a folder named
/// by time, <c>..data</c> links to it and is replaced by a rename, and what users see are links through <c>..data</c>.
/// </summary>
internal static class AtomicWriter
{
    private const string DataLink = "..data";
    private const string NewDataLink = "..data_tmp";

    /// <returns>Whether anything changed.</returns>
    public static bool Write(string directory, IReadOnlyCollection<PayloadFile> files, int? fsGroup, TimeProvider time)
    {
        foreach (var file in files)
        {
            CheckPath(file.Path);
        }

        Directory.CreateDirectory(directory);
        var link = Path.Combine(directory, DataLink);
        var old = new FileInfo(link).LinkTarget is { } target ? Path.Combine(directory, target) : null;
        if (old is not null && Directory.Exists(old) && IsSame(old, files))
        {
            ShowFiles(directory, files);
            return false;
        }

        var folder = NewFolder(directory, time);
        foreach (var file in files)
        {
            WriteFile(folder, file);
        }

        VolumeOwnership.Apply(folder, fsGroup, readOnly: true);
        var newLink = Path.Combine(directory, NewDataLink);
        File.Delete(newLink);
        File.CreateSymbolicLink(newLink, Path.GetFileName(folder));
        Libc.Rename(newLink, link);
        ShowFiles(directory, files);

        // Of writers that were cut off there may be more than the last one's.
        foreach (var left in Directory.EnumerateDirectories(directory, "..*").Where(d => d != folder && new FileInfo(d).LinkTarget is null).ToList())
        {
            Directory.Delete(left, recursive: true);
        }

        return true;
    }

    /// <summary>What users see: a link for each first part of a path, and none for what is gone.</summary>
    private static void ShowFiles(string directory, IReadOnlyCollection<PayloadFile> files)
    {
        var wanted = files.Select(f => f.Path.Split('/')[0]).ToHashSet();
        foreach (var name in wanted)
        {
            var user = Path.Combine(directory, name);
            if (!Path.Exists(user) && new FileInfo(user).LinkTarget is null)
            {
                File.CreateSymbolicLink(user, Path.Combine(DataLink, name));
            }
        }

        foreach (var entry in Directory.EnumerateFileSystemEntries(directory).Where(e => !Path.GetFileName(e).StartsWith("..", StringComparison.Ordinal) && !wanted.Contains(Path.GetFileName(e))).ToList())
        {
            File.Delete(entry);
        }
    }

    private static void CheckPath(string path)
    {
        if (path.Length == 0 || path.StartsWith('/') || path.StartsWith("..", StringComparison.Ordinal) || path.Split('/').Contains(".."))
        {
            throw new VolumeException($"invalid path \"{path}\": it must be relative and stay inside the volume");
        }
    }

    private static string NewFolder(string directory, TimeProvider time)
    {
        var stamp = time.GetUtcNow().ToString("yyyy_MM_dd_HH_mm_ss", CultureInfo.InvariantCulture);
        for (var i = 0; ; i++)
        {
            var folder = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"..{stamp}.{Random.Shared.Next(int.MaxValue)}"));
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder, (UnixFileMode)0b111_101_101);
                return folder;
            }
        }
    }

    private static void WriteFile(string folder, PayloadFile file)
    {
        var path = Path.Combine(folder, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using (var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            stream.Write(file.Content.Span);
        }

        File.SetUnixFileMode(path, (UnixFileMode)file.Mode);
        if (file.Owner is { } owner)
        {
            Libc.ChangeOwner(path, owner, -1);
        }
    }

    private static bool IsSame(string folder, IReadOnlyCollection<PayloadFile> files)
    {
        if (Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Count() != files.Count)
        {
            return false;
        }

        return files.All(file =>
        {
            var path = Path.Combine(folder, file.Path);
            return File.Exists(path) && new FileInfo(path).Length == file.Content.Length && File.ReadAllBytes(path).AsSpan().SequenceEqual(file.Content.Span);
        });
    }
}
