using System.Globalization;

namespace NodeAgent.Cluster.Tests;

/// <summary>What a process holds, by /proc.</summary>
internal static class ProcessUse
{
    public static int Descriptors(int process) => Directory.GetFileSystemEntries($"/proc/{process}/fd").Length;

    /// <summary>Resident memory.</summary>
    public static double Megabytes(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024.0;
    }

    /// <summary>Whether any process of this host, in a container or not, has exactly that command line.</summary>
    public static bool Runs(IReadOnlyList<string> command) => Directory.EnumerateDirectories("/proc").Any(folder =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(folder), out _) && File.ReadAllText(Path.Combine(folder, "cmdline")) == string.Concat(command.Select(part => part + '\0'));
        }
        catch (IOException)
        {
            return false;
        }
    });
}
