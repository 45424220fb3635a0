using System.Collections;
using System.Runtime.InteropServices;

namespace NodeAgent.Hosting.Lifecycle;

/// <summary>
/// Settings of the .NET runtime that only the environment can give. The garbage collector sizes its youngest generation by
/// the CPU's last-level cache, which on a big server is hundreds of megabytes that a node agent has no use for; and the
/// runtime maps the memory of its code and type tables twice, so that no page is both writable and executable.
/// </summary>
/// <remarks>The process replaces itself once, with the same arguments and process id, before it has done anything else.</remarks>
public static partial class RuntimeTuning
{
    private const string Gen0Size = "DOTNET_GCgen0size";

    private static readonly (string Name, string Value)[] Settings =
    [
        (Gen0Size, "0x200000"),
        ("MALLOC_ARENA_MAX", "2"),
        ("DOTNET_EnableWriteXorExecute", "0"),
    ];

    /// <summary>Returns only in a process that has the settings, or where they cannot be given: the daemon works all the same.</summary>
    public static void Apply()
    {
        if (Environment.GetEnvironmentVariable(Gen0Size) is not null || !OperatingSystem.IsLinux())
        {
            return;
        }

        var environment = Environment.GetEnvironmentVariables();
        foreach (var (name, value) in Settings)
        {
            environment[name] = value;
        }

        string?[] arguments = [.. File.ReadAllText("/proc/self/cmdline").TrimEnd('\0').Split('\0'), null];
        string?[] variables = [.. environment.Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}"), null];
        // By its real path: by /proc/self/exe the process would be called "exe" in ps and top.
        _ = Execute(Environment.ProcessPath ?? "/proc/self/exe", arguments, variables);
    }

    [LibraryImport("libc", EntryPoint = "execve", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Execute(string path, string?[] arguments, string?[] environment);
}
