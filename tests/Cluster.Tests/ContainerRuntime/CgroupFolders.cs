namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The folders of one cgroup, in every hierarchy of this host.</summary>
internal static class CgroupFolders
{
    public static IEnumerable<string> Of(string cgroup) =>
        Directory.GetDirectories("/sys/fs/cgroup")
            .Append("/sys/fs/cgroup")
            .Select(hierarchy => hierarchy + cgroup)
            .Where(Directory.Exists);

    /// <summary>Removes a cgroup and those below it; they have no processes any more.</summary>
    public static void Remove(string cgroup)
    {
        foreach (var folder in Of(cgroup))
        {
            foreach (var inner in Directory.GetDirectories(folder, "*", SearchOption.AllDirectories).OrderByDescending(f => f.Length).Append(folder))
            {
                Directory.Delete(inner);
            }
        }
    }
}
