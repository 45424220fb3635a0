namespace NodeAgent.Kubelet.Stats;

/// <summary>What both versions of cgroups have in common.</summary>
internal static class CgroupFolders
{
    public static IReadOnlyList<string> Children(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateDirectories(folder).Select(d => Path.GetFileName(d)!)] : [];
        }
        catch (IOException)
        {
            // Taken down while it was listed.
            return [];
        }
    }

    public static IReadOnlyList<int> Processes(CgroupFile files, string folder)
    {
        var content = files.Read(folder, "cgroup.procs");
        var processes = new List<int>();
        while (CgroupFile.TryLine(ref content, out var line))
        {
            if (CgroupFile.ParseNumber(line) is { } id)
            {
                processes.Add((int)id);
            }
        }

        return processes;
    }
}
