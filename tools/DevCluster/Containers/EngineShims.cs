using System.Globalization;
using Mono.Unix.Native;
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
                Signals.Send(id, Signum.SIGKILL);
            }
        }
    }

    private static async Task KillChildrenAsync(int shim)
    {
        var children = (await File.ReadAllTextAsync($"/proc/{shim}/task/{shim}/children")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        foreach (var child in children)
        {
            Signals.Send(int.Parse(child, CultureInfo.InvariantCulture), Signum.SIGKILL);
        }
    }
}
