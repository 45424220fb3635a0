using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Containers;

/// <summary>Mounts of this host, as container engines need and leave them.</summary>
public static class HostMounts
{
    /// <summary>
    /// Makes / shared when it is not: without it mounts do not propagate into containers, and network namespaces stay busy
    /// after the engine was restarted.
    /// </summary>
    public static async Task EnsureRootSharedAsync()
    {
        var root = Read().LastOrDefault(mount => mount.Target == "/");
        if (root is not { Shared: true })
        {
            await Command.RunAsync("mount", ["--make-rshared", "/"]);
        }
    }

    /// <summary>Unmounts everything below a folder, the innermost first.</summary>
    public static async Task UnmountBelowAsync(string folder)
    {
        var below = folder.TrimEnd('/') + "/";
        var targets = Read().Select(m => m.Target).Where(t => t.StartsWith(below, StringComparison.Ordinal)).Reverse().ToArray();
        foreach (var target in targets)
        {
            await Command.RunAsync("umount", ["--lazy", target], throwOnFailure: false);
        }
    }

    private static IEnumerable<(string Target, bool Shared)> Read() =>
        from line in File.ReadAllLines("/proc/self/mountinfo")
        let fields = line.Split(' ')
        select (fields[4].Replace("\\040", " ", StringComparison.Ordinal), fields.Skip(6).TakeWhile(f => f != "-").Any(f => f.StartsWith("shared:", StringComparison.Ordinal)));
}
