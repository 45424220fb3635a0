using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>Runs a plugin: a CredentialProviderRequest on its input, a CredentialProviderResponse on its output, within a minute.</summary>
/// <param name="program">The path of the program.</param>
internal sealed class CredentialPlugin(string program, CredentialProvider provider, CredentialProviderMetrics metrics, TimeProvider time)
{
    /// <summary>The newest first.</summary>
    public static readonly IReadOnlyList<string> Versions = ["credentialprovider.kubelet.k8s.io/v1", "credentialprovider.kubelet.k8s.io/v1beta1", "credentialprovider.kubelet.k8s.io/v1alpha1"];

    private const string ResponseKind = "CredentialProviderResponse";
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(1);

    /// <exception cref="CredentialProviderException">It failed, took too long, or its answer cannot be used.</exception>
    public async Task<CredentialResponse> AskAsync(CredentialRequest request, CancellationToken cancellationToken)
    {
        byte[] answer;
        try
        {
            using var timer = metrics.Durations.WithLabels(provider.Name).NewTimer(time);
            answer = await RunAsync(request, cancellationToken);
        }
        catch (CredentialProviderException)
        {
            metrics.Errors.WithLabels(provider.Name).Inc();
            throw;
        }

        return Read(answer);
    }

    internal static byte[] Write(CredentialRequest request, string apiVersion)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("kind", "CredentialProviderRequest");
            json.WriteString("apiVersion", apiVersion);
            json.WriteString("image", request.Image);
            if (request.Token.Length > 0)
            {
                json.WriteString("serviceAccountToken", request.Token);
            }

            if (!request.Annotations.IsEmpty)
            {
                json.WriteStartObject("serviceAccountAnnotations");
                foreach (var (key, value) in request.Annotations)
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <exception cref="CredentialProviderException">It is no answer, or one of another version.</exception>
    internal CredentialResponse Read(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            var version = Text(root, "apiVersion");
            if (version != provider.ApiVersion)
            {
                throw new CredentialProviderException($"credential provider plugin {provider.Name} answered with apiVersion \"{version}\", {provider.ApiVersion} was expected");
            }

            if (Text(root, "kind") != ResponseKind)
            {
                throw new CredentialProviderException($"credential provider plugin {provider.Name} answered with kind \"{Text(root, "kind")}\", {ResponseKind} was expected");
            }

            if (Text(root, "cacheKeyType") is not (CredentialResponse.ByImage or CredentialResponse.ByRegistry or CredentialResponse.Global))
            {
                throw new CredentialProviderException($"credential provider plugin {provider.Name} did not return a valid cacheKeyType: \"{Text(root, "cacheKeyType")}\"");
            }

            TimeSpan? duration = Text(root, "cacheDuration") is { Length: > 0 } text ? GoDuration.Parse(text) : null;
            return new CredentialResponse(Text(root, "cacheKeyType"), duration, Logins(root));
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // What it said may have a password in it: the error is told without it.
            throw new CredentialProviderException($"the answer of credential provider plugin {provider.Name} cannot be read: it must be one JSON object of kind {ResponseKind}");
        }
    }

    private static List<KeyValuePair<string, Cri.AuthConfig>> Logins(JsonElement root) =>
        root.TryGetProperty("auth", out var auth) && auth.ValueKind != JsonValueKind.Null
            ? [.. auth.EnumerateObject().Select(e => KeyValuePair.Create(e.Name, new Cri.AuthConfig { Username = Text(e.Value, "username"), Password = Text(e.Value, "password") }))]
            : [];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    private async Task<byte[]> RunAsync(CredentialRequest request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(LongestRun, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        using var process = Start();
        try
        {
            using var output = new MemoryStream();
            var copy = process.StandardOutput.BaseStream.CopyToAsync(output, either.Token);
            var errors = process.StandardError.ReadToEndAsync(either.Token);
            await SendAsync(process, Write(request, provider.ApiVersion), either.Token);
            await process.WaitForExitAsync(either.Token);
            await copy;
            return process.ExitCode == 0
                ? output.ToArray()
                : throw new CredentialProviderException($"credential provider plugin {provider.Name} failed for image {request.Image}: exit status {process.ExitCode}: {(await errors).Trim()}");
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested)
        {
            throw new CredentialProviderException($"credential provider plugin {provider.Name} did not end within {LongestRun.TotalSeconds:0} s for image {request.Image}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task SendAsync(Process process, byte[] request, CancellationToken cancellationToken)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(request, cancellationToken);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read what it is asked; how it ends tells whether that was right.
        }
    }

    private Process Start()
    {
        var info = new ProcessStartInfo(program, provider.Args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardErrorEncoding = Encoding.UTF8,
        };
        foreach (var variable in provider.Env)
        {
            info.Environment[variable.Name] = variable.Value;
        }

        try
        {
            return Process.Start(info) ?? throw new CredentialProviderException($"credential provider plugin {program} cannot be started");
        }
        catch (Win32Exception e)
        {
            throw new CredentialProviderException($"credential provider plugin {program} cannot be started: {e.Message}", e);
        }
    }
}
