namespace NodeAgent.DevCluster.Node;

/// <summary>A cgroup in every hierarchy of the host, below which one kubelet lives.</summary>
public static class Cgroups
{
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>Makes it; upstream's kubelet does not make the one that it is told to live in.</summary>
    /// <param name="path">From the root, such as <c>/nodeagent-dev</c>.</param>
    public static void Ensure(string path)
    {
        foreach (var hierarchy in Hierarchies())
        {
            Directory.CreateDirectory(hierarchy + path);
        }
    }

    /// <summary>Removes it and all below it; the processes in it must have ended.</summary>
    public static void Remove(string path)
    {
        foreach (var root in Hierarchies().Select(h => h + path).Where(Directory.Exists))
        {
            foreach (var folder in Directory.GetDirectories(root, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length).Append(root))
            {
                Directory.Delete(folder);
            }
        }
    }

    // With cgroup v2 alone the mount itself is the hierarchy; with v1 each folder with a list of processes is one.
    private static IEnumerable<string> Hierarchies() => File.Exists(Path.Combine(Mount, "cgroup.procs"))
        ? [Mount]
        : Directory.GetDirectories(Mount).Where(d => File.Exists(Path.Combine(d, "cgroup.procs")) && new DirectoryInfo(d).LinkTarget is null);
}
