using System.Text.Json;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>What containerd adds to the status of a sandbox or a container when it is asked to be verbose.</summary>
internal static class VerboseInfo
{
    private const string Key = "info";
    private const string RuncShims = "io.containerd.runc.";

    /// <returns>The main process's number on this host; null where the engine does not tell, or where the pod is not a process of this host's kernel (a virtual machine, a sandboxing runtime).</returns>
    public static int? MainProcess(IDictionary<string, string> info)
    {
        if (!info.TryGetValue(Key, out var text))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            var root = document.RootElement;
            return root.TryGetProperty("runtimeType", out var type) && (type.GetString() ?? "").StartsWith(RuncShims, StringComparison.Ordinal)
                && root.TryGetProperty("pid", out var pid) && pid.TryGetInt32(out var process) && process > 0
                ? process
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Another engine's own words.
            return null;
        }
    }
}
