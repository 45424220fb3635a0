using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NodeAgent.KubeApi.Credentials;

/// <summary>Runs a credential plugin when there is no credential, when it has expired and when the server has refused it.</summary>
internal sealed class ExecCredentialSource(ExecConfig exec, string source, TimeProvider time) : ICredentialSource, IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _gate = new(1);
    private volatile Issued? _current;

    public async ValueTask<Credential> GetAsync(CancellationToken cancellationToken)
    {
        if (_current is { } current && time.GetUtcNow() < current.Expires)
        {
            return current.Credential;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_current is not { } known || time.GetUtcNow() >= known.Expires)
            {
                _current = known = await RunAsync(cancellationToken);
            }

            return known.Credential;
        }
        finally
        {
            _gate.Release();
        }
    }

    public bool Invalidate()
    {
        _current = null;
        return true;
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Issued> RunAsync(CancellationToken cancellationToken)
    {
        if (exec.InteractiveMode == "Always")
        {
            throw Error("interactiveMode is Always, and a daemon has no terminal");
        }

        using var process = Start();
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static s => ((CancellationTokenSource)s!).Cancel(), limited, Timeout, System.Threading.Timeout.InfiniteTimeSpan);
        try
        {
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEndAsync(limited.Token);
            var errors = process.StandardError.ReadToEndAsync(limited.Token);
            await process.WaitForExitAsync(limited.Token);
            return process.ExitCode == 0
                ? Parse(await output)
                : throw Error($"it ended with code {process.ExitCode}: {Cut(await errors)}");
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw Error($"it did not end within {Timeout.TotalSeconds:0} s");
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(exec.Command)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in exec.Arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in exec.Environment)
        {
            start.Environment[name] = value;
        }

        var spec = new JsonObject { ["interactive"] = false };
        if (exec.ClusterConfigJson is { } cluster)
        {
            spec["cluster"] = JsonNode.Parse(cluster);
        }

        start.Environment["KUBERNETES_EXEC_INFO"] = new JsonObject { ["apiVersion"] = exec.ApiVersion, ["kind"] = "ExecCredential", ["spec"] = spec }.ToJsonString();
        try
        {
            return Process.Start(start)!;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            throw Error(exec.InstallHint is { } hint ? $"{e.Message}. {hint}" : e.Message);
        }
    }

    private Issued Parse(string output)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var root = document.RootElement;
            if (Text(root, "kind") != "ExecCredential" || Text(root, "apiVersion") != exec.ApiVersion)
            {
                throw Error($"it printed {Text(root, "apiVersion")} {Text(root, "kind")} and not {exec.ApiVersion} ExecCredential");
            }

            if (!root.TryGetProperty("status", out var status))
            {
                throw Error("it printed no status");
            }

            return ParseStatus(status);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Error($"what it printed is no ExecCredential: {e.Message}");
        }
    }

    private Issued ParseStatus(JsonElement status)
    {
        var token = Text(status, "token");
        var (certificate, key) = (Text(status, "clientCertificateData"), Text(status, "clientKeyData"));
        if (certificate is null != key is null)
        {
            throw Error("it printed one of clientCertificateData and clientKeyData without the other");
        }

        if (token is null && certificate is null)
        {
            throw Error("it printed neither a token nor a client certificate");
        }

        var chain = certificate is null ? null : PemFiles.ParseClient(certificate, key!, $"{source}: what exec {exec.Command} printed");
        var expires = status.TryGetProperty("expirationTimestamp", out var timestamp) && timestamp.ValueKind == JsonValueKind.String
            ? timestamp.GetDateTimeOffset()
            : DateTimeOffset.MaxValue;
        return new Issued(new Credential(token is null ? null : new AuthenticationHeaderValue("Bearer", token), chain), expires);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text ? text : null;

    private static string Cut(string text) => text.Length > 1024 ? text[..1024] + "..." : text.Trim();

    private ClientConfigException Error(string problem) => new($"{source}: the credential plugin {exec.Command}: {problem}");

    private sealed record Issued(Credential Credential, DateTimeOffset Expires);
}
