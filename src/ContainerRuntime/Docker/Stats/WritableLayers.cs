using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Stats;

/// <summary>How much containers have written outside of volumes. A walk over the files, so each is measured at most once a minute.</summary>
internal sealed class WritableLayers(TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private sealed record Measured(FilesystemUsage Usage, long Timestamp);

    private readonly ConcurrentDictionary<string, Measured> _measured = new();

    /// <returns>Null for a storage driver whose layers are not folders.</returns>
    public FilesystemUsage? Measure(ContainerInspectResponse container, string rootDirectory)
    {
        if (_measured.TryGetValue(container.ID, out var known) && time.GetElapsedTime(known.Timestamp) < Lifetime)
        {
            return known.Usage;
        }

        if (container.GraphDriver?.Data?.GetValueOrDefault("UpperDir") is not { Length: > 0 } upper || !Directory.Exists(upper))
        {
            return null;
        }

        var (bytes, inodes) = Walk(upper);
        var usage = new FilesystemUsage
        {
            Timestamp = DockerTime.Nanoseconds(time.GetUtcNow()),
            FsId = new FilesystemIdentifier { Mountpoint = rootDirectory },
            UsedBytes = new UInt64Value { Value = bytes },
            InodesUsed = new UInt64Value { Value = inodes },
        };
        _measured[container.ID] = new Measured(usage, time.GetTimestamp());
        return usage;
    }

    public void Forget(string containerId) => _measured.TryRemove(containerId, out _);

    private static (ulong Bytes, ulong Inodes) Walk(string directory)
    {
        var (bytes, inodes) = (0UL, 1UL);
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None, IgnoreInaccessible = true, ReturnSpecialDirectories = false };
        foreach (var entry in new DirectoryInfo(directory).EnumerateFileSystemInfos("*", all))
        {
            inodes++;
            if (entry is FileInfo { LinkTarget: null } file)
            {
                try
                {
                    bytes += (ulong)file.Length;
                }
                catch (FileNotFoundException)
                {
                    // Deleted by the container in the meantime.
                }
            }
        }

        return (bytes, inodes);
    }
}
