using System.Diagnostics;
using System.Globalization;
using Mono.Unix.Native;

namespace NodeAgent.DevCluster.Processes;

/// <summary>A daemon that runs in a session of its own, writes to a log file and is ended by process id, never by name.</summary>
/// <remarks>
/// Its id is kept in <c>&lt;state folder&gt;/&lt;name&gt;.pid</c> together with the start time, so that a later run of the tool can end
/// it and never ends a stranger that got the same id.
/// </remarks>
public sealed class ManagedProcess
{
    private readonly string _pidFile;

    private ManagedProcess(string name, string stateFolder, int id)
    {
        Name = name;
        Id = id;
        LogFile = LogFileOf(stateFolder, name);
        _pidFile = PidFileOf(stateFolder, name);
    }

    public string Name { get; }

    public int Id { get; }

    public string LogFile { get; }

    public bool IsRunning => StartTimeOf(Id) is { } started && started == RecordedStartTime(_pidFile);

    /// <param name="prefix">A command that enters a namespace first, such as <c>nsenter --net=…</c>; empty for none.</param>
    public static async Task<ManagedProcess> StartAsync(
        string name,
        string stateFolder,
        IReadOnlyList<string> command,
        IReadOnlyList<string>? prefix = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        Directory.CreateDirectory(stateFolder);
        var info = new ProcessStartInfo("setsid") { WorkingDirectory = "/" };
        string[] wrapper = ["sh", "-c", "exec \"$@\" >>\"$0\" 2>&1 </dev/null", LogFileOf(stateFolder, name)];
        foreach (var argument in wrapper.Concat(prefix ?? []).Concat(command))
        {
            info.ArgumentList.Add(argument);
        }

        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            info.Environment[key] = value;
        }

        using var process = Process.Start(info) ?? throw new InvalidOperationException($"starting {name}: setsid did not start");
        var managed = new ManagedProcess(name, stateFolder, process.Id);
        await File.WriteAllTextAsync(managed._pidFile, string.Create(CultureInfo.InvariantCulture, $"{process.Id} {StartTimeOf(process.Id)}\n"));
        return managed;
    }

    /// <summary>The process that an earlier run left in the state folder, when it still runs.</summary>
    public static ManagedProcess? Find(string name, string stateFolder)
    {
        var pidFile = PidFileOf(stateFolder, name);
        if (!File.Exists(pidFile) || !int.TryParse(File.ReadAllText(pidFile).Split(' ')[0], CultureInfo.InvariantCulture, out var id))
        {
            return null;
        }

        var managed = new ManagedProcess(name, stateFolder, id);
        return managed.IsRunning ? managed : null;
    }

    /// <summary>The names of all processes with a record in the state folder, running or not.</summary>
    public static IReadOnlyList<string> Recorded(string stateFolder) =>
        Directory.Exists(stateFolder) ? [.. Directory.GetFiles(stateFolder, "*.pid").Select(f => Path.GetFileNameWithoutExtension(f))] : [];

    /// <summary>SIGTERM, and SIGKILL to the whole session when the process is still there after <paramref name="patience"/>.</summary>
    public async Task StopAsync(TimeSpan? patience = null)
    {
        if (IsRunning)
        {
            Signals.Send(Id, Signum.SIGTERM);
            await WaitForEndAsync(patience ?? TimeSpan.FromSeconds(10));
        }

        if (IsRunning)
        {
            Signals.SendToSession(Id, Signum.SIGKILL);
            await WaitForEndAsync(TimeSpan.FromSeconds(5));
        }

        File.Delete(_pidFile);
    }

    public async Task KillAsync()
    {
        Signals.Send(Id, Signum.SIGKILL);
        await WaitForEndAsync(TimeSpan.FromSeconds(5));
    }

    /// <summary>The last lines of the log, for the message of a failure.</summary>
    public string LogTail(int lines = 15) =>
        File.Exists(LogFile) ? string.Join('\n', File.ReadLines(LogFile).TakeLast(lines)) : "(no log)";

    private static string PidFileOf(string stateFolder, string name) => Path.Combine(stateFolder, name + ".pid");

    private static string LogFileOf(string stateFolder, string name) => Path.Combine(stateFolder, name + ".log");

    private static string? RecordedStartTime(string pidFile) =>
        File.Exists(pidFile) && File.ReadAllText(pidFile).Split(' ') is [_, var started] ? started.Trim() : null;

    // Field 22 of /proc/<pid>/stat; the command name before it may hold spaces and parentheses. A zombie counts as gone.
    private static string? StartTimeOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" or "X" ? null : fields[19];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private async Task WaitForEndAsync(TimeSpan patience)
    {
        var waited = Stopwatch.StartNew();
        while (IsRunning && waited.Elapsed < patience)
        {
            await Task.Delay(20);
        }
    }
}
