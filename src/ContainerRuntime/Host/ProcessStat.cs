using System.Globalization;

namespace NodeAgent.ContainerRuntime.Host;

/// <summary>What /proc/PID/stat tells of a process.</summary>
/// <param name="Parent">Its parent's number.</param>
/// <param name="Session">The number of its session's leader.</param>
/// <param name="Start">When it was started, after the host was; in hundredths of a second.</param>
internal readonly record struct ProcessStat(int Parent, int Session, TimeSpan Start)
{
    // The kernel gives times in 1/100 s to user space on every architecture that .NET runs on.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <returns>Null when there is no such process.</returns>
    public static ProcessStat? Read(int process)
    {
        try
        {
            return Parse(File.ReadAllText($"/proc/{process}/stat"));
        }
        catch (IOException)
        {
            return null;
        }
    }

    internal static ProcessStat Parse(string line)
    {
        // The name before it may have spaces and brackets of its own. The third of all fields is the first here.
        var fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        return new ProcessStat(Number(fields[1]), Number(fields[3]), Tick * long.Parse(fields[19], CultureInfo.InvariantCulture));
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
