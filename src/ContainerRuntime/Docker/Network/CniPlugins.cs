using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.ContainerRuntime.Docker.Network;

/// <summary>Runs CNI plugins: a process each, its config on stdin, its result on stdout.</summary>
internal sealed class CniPlugins(IReadOnlyList<string> directories, TimeSpan timeout, TimeProvider time)
{
    /// <returns>The plugin's result; null when it printed none.</returns>
    /// <exception cref="RuntimeException">The plugin is not there, failed, or took too long and was killed.</exception>
    public async Task<JsonNode?> RunAsync(CniCommand command, string type, JsonObject input, CniAttachment attachment, string namespacePath, CancellationToken cancellationToken)
    {
        var verb = command.ToString().ToUpperInvariant();
        using var process = Start(verb, Find(type), attachment, namespacePath);
        using var own = new CancellationTokenSource(timeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(own.Token, cancellationToken);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(linked.Token);
            var errors = process.StandardError.ReadToEndAsync(linked.Token);
            await WriteAsync(process, input, linked.Token);
            var text = await output;
            var errorText = await errors;
            await process.WaitForExitAsync(linked.Token);
            return process.ExitCode == 0
                ? Result(type, text)
                : throw new RuntimeException(RuntimeErrorCode.Unknown, $"CNI plugin {type} failed to {verb} network {attachment.Network}: {ErrorMessage(text, errorText, process.ExitCode)}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RuntimeException(
                RuntimeErrorCode.DeadlineExceeded, $"CNI plugin {type} did not {verb} network {attachment.Network} within {timeout.TotalSeconds:0} s; it has been killed");
        }
        finally
        {
            Kill(process);
        }
    }

    /// <summary>The plugins of a config that are in none of the folders.</summary>
    public IEnumerable<string> Missing(CniConfig config) =>
        config.Plugins.Select(p => CniConfig.Text(p, "type")).Where(type => !directories.Any(d => File.Exists(Path.Combine(d, type))));

    private string Find(string type) =>
        directories.Select(d => Path.Combine(d, type)).FirstOrDefault(File.Exists)
        ?? throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"CNI plugin {type} is in none of {string.Join(", ", directories)}; install it there");

    private Process Start(string verb, string path, CniAttachment attachment, string namespacePath)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["CNI_COMMAND"] = verb;
        start.Environment["CNI_CONTAINERID"] = attachment.ContainerId;
        start.Environment["CNI_NETNS"] = namespacePath;
        start.Environment["CNI_IFNAME"] = attachment.InterfaceName;
        start.Environment["CNI_ARGS"] = attachment.Arguments;
        start.Environment["CNI_PATH"] = string.Join(':', directories);
        return Process.Start(start)!;
    }

    private static async Task WriteAsync(Process process, JsonObject input, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.ToJsonString().AsMemory(), cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // A plugin that ends before it has read its config tells why by its output and exit code.
        }
    }

    private static JsonNode? Result(string type, string text)
    {
        try
        {
            return string.IsNullOrWhiteSpace(text) ? null : JsonNode.Parse(text);
        }
        catch (JsonException e)
        {
            throw new RuntimeException(RuntimeErrorCode.Unknown, $"CNI plugin {type} did not print a JSON result: {e.Message}", e);
        }
    }

    private static string ErrorMessage(string output, string errors, int exitCode)
    {
        try
        {
            if (JsonNode.Parse(output) is JsonObject error)
            {
                return string.Join("; ", new[] { CniConfig.Text(error, "msg"), CniConfig.Text(error, "details") }.Where(t => t.Length > 0));
            }
        }
        catch (JsonException)
        {
            // A plugin that crashed says what it has to say in words.
        }

        var words = (errors + output).Trim();
        return words.Length > 0 ? words : $"exit code {exitCode}";
    }

    private static void Kill(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }
    }
}
