using System.Globalization;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Containers;

/// <summary>What outlives its engine: shims and a containerd of dockerd's own, known by the socket on their command line.</summary>
internal static class EngineShims
{
    /// <summary>Kills the shims that report to a containerd, with the processes of their containers, and that containerd.</summary>
    public static async Task KillAsync(string socketPath)
    {
        var config = Path.ChangeExtension(socketPath, ".toml");
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id))
            {
                continue;
            }

            string[] arguments;
            try
            {
                arguments = (await File.ReadAllTextAsync(Path.Combine(folder, "cmdline"))).Split('\0');
            }
            catch (IOException)
            {
                continue;
            }

            var shim = arguments[0].Contains("containerd-shim", StringComparison.Ordinal) && arguments.Contains(socketPath);
            var containerd = arguments[0].EndsWith("containerd", StringComparison.Ordinal) && arguments.Contains(config);
            if (shim)
            {
                await KillChildrenAsync(id);
            }

            if (shim || containerd)
            {
                await Command.RunAsync("kill", ["-KILL", id.ToString(CultureInfo.InvariantCulture)], throwOnFailure: false);
            }
        }
    }

    private static async Task KillChildrenAsync(int shim)
    {
        var children = (await File.ReadAllTextAsync($"/proc/{shim}/task/{shim}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (children.Length > 0)
        {
            await Command.RunAsync("kill", ["-KILL", .. children], throwOnFailure: false);
        }
    }
}
