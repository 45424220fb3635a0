using System.Globalization;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>Finds what a runc shim has started inside a container beside its main process.</summary>
internal static class ExecProcesses
{
    /// <param name="mainProcess">The container's, by its number on this host.</param>
    /// <param name="command">With its arguments.</param>
    /// <param name="startedSince">After the host was started.</param>
    /// <returns>Processes with exactly that command that the main process's parent has started in the same cgroup, each the leader of its session.</returns>
    public static IReadOnlyList<int> Find(int mainProcess, IReadOnlyList<string> command, TimeSpan startedSince)
    {
        if (ProcessStat.Read(mainProcess) is not { } main)
        {
            return [];
        }

        var (cgroup, commandLine) = (Read(mainProcess, "cgroup"), string.Concat(command.Select(part => part + '\0')));
        return [.. (ChildrenOf(main.Parent) ?? AllProcesses()).Where(id => id != mainProcess && ProcessStat.Read(id) is { } stat && stat.Parent == main.Parent && stat.Session == id && stat.Start >= startedSince
            && Read(id, "cmdline") == commandLine && Read(id, "cgroup") == cgroup)];
    }

    /// <returns>Null when this kernel does not list them.</returns>
    private static IReadOnlyList<int>? ChildrenOf(int parent)
    {
        try
        {
            return [.. Directory.EnumerateDirectories($"/proc/{parent}/task").SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            // Nor when a thread ends meanwhile.
            return null;
        }
    }

    private static IEnumerable<int> AllProcesses() =>
        from folder in Directory.EnumerateDirectories("/proc")
        let id = int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0
        where id > 0
        select id;

    private static string Read(int process, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/{file}");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
