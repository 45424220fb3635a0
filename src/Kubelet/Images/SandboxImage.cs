using System.Text.Json;
using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Images;

/// <summary>The image that the engine makes sandboxes of. Engines that do not pin it name it in their configuration.</summary>
internal static class SandboxImage
{
    /// <returns>Empty when the engine does not say.</returns>
    public static async Task<string> AskAsync(IRuntimeService runtime, CancellationToken cancellationToken)
    {
        var status = await runtime.StatusAsync(verbose: true, cancellationToken);
        if (!status.Info.TryGetValue("config", out var text))
        {
            return "";
        }

        try
        {
            using var config = JsonDocument.Parse(text);
            return config.RootElement.TryGetProperty("sandboxImage", out var image) ? image.GetString() ?? "" : "";
        }
        catch (JsonException)
        {
            // Another engine's idea of a configuration.
            return "";
        }
    }
}
