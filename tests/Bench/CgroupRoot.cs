namespace NodeAgent.Bench;

/// <summary>Makes the cgroup that a kubelet is told to live in; upstream's does not make it itself.</summary>
internal static class CgroupRoot
{
    public static void Ensure(string path)
    {
        foreach (var hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Where(d => File.Exists(Path.Combine(d, "cgroup.procs"))))
        {
            Directory.CreateDirectory(hierarchy + path);
        }
    }
}
