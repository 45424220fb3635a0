using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Images;

/// <summary>Debian's docker-registry on loopback, which wants a user's name and password, or none.</summary>
public sealed class RegistryHost : IAsyncDisposable
{
    public const string User = "test";
    public const string Password = "s3cret";

    // bcrypt of the password above, of the smallest cost: the registry takes no other kind.
    private const string PasswordFile = User + ":$2b$04$IwueT27I.QTdoR04FQC4puv1xw1AerEW1tvXxMAl6AK6VKl2ELggm\n";

    private readonly string _folder;
    private readonly ManagedProcess _process;
    private readonly HttpClient _http;

    private RegistryHost(string folder, int port, ManagedProcess process, bool passwordNeeded, string? namespaceName)
    {
        _folder = folder;
        _process = process;
        Address = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");
        _http = new HttpClient(Handler(namespaceName)) { BaseAddress = new Uri($"http://{Address}") };
        if (passwordNeeded)
        {
            var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }
    }

    /// <summary>Host and port: the first part of the names of its images.</summary>
    public string Address { get; }

    /// <param name="folder">Where its files go; deleted when it ends.</param>
    /// <param name="namespaceName">The network namespace on whose loopback it listens; null for this process's own.</param>
    public static async Task<RegistryHost> StartAsync(string folder, bool passwordNeeded, string? namespaceName = null)
    {
        Directory.CreateDirectory(folder);
        var port = Ports.Free();
        var passwords = Path.Combine(folder, "htpasswd");
        await File.WriteAllTextAsync(passwords, PasswordFile);
        var config = Path.Combine(folder, "config.yml");
        await File.WriteAllTextAsync(config, Config(folder, port, passwordNeeded ? passwords : null));
        var process = await ManagedProcess.StartAsync("docker-registry", folder, ["docker-registry", "serve", config], NetworkNamespace.EnterPrefix(namespaceName));
        var host = new RegistryHost(folder, port, process, passwordNeeded, namespaceName);
        try
        {
            await Wait.UntilAsync("docker-registry to answer", TimeSpan.FromSeconds(30), async () =>
            {
                using var response = await host._http.GetAsync(new Uri("/v2/", UriKind.Relative));
                return response.IsSuccessStatusCode;
            }, () => process.LogTail());
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <returns>The name to pull the image by.</returns>
    public async Task<string> PushAsync(TestImage image, string repository, string tag)
    {
        var layer = Compress(image.Layer);
        await PushBlobAsync(repository, layer);
        await PushBlobAsync(repository, image.Config);
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = "application/vnd.docker.distribution.manifest.v2+json",
            config = Descriptor("application/vnd.docker.container.image.v1+json", image.Config),
            layers = new[] { Descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", layer) },
        });
        using var content = new ByteArrayContent(manifest);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.docker.distribution.manifest.v2+json");
        using var response = await _http.PutAsync(new Uri($"/v2/{repository}/manifests/{tag}", UriKind.Relative), content);
        await EnsureAsync(response, HttpStatusCode.Created, $"pushing the manifest of {repository}:{tag}");
        return $"{Address}/{repository}:{tag}";
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _process.StopAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Config(string folder, int port, string? passwords) => $"""
        version: 0.1
        log:
          level: warn
        storage:
          filesystem:
            rootdirectory: {Path.Combine(folder, "data")}
        http:
          addr: 127.0.0.1:{port}
        {(passwords is null ? "" : $"auth:\n  htpasswd:\n    realm: tests\n    path: {passwords}")}
        """;

    private static SocketsHttpHandler Handler(string? namespaceName) => namespaceName is null ? new SocketsHttpHandler() : new SocketsHttpHandler
    {
        ConnectCallback = async (context, token) =>
        {
            var socket = NamespaceSockets.Tcp(namespaceName, System.Net.Sockets.AddressFamily.InterNetwork);
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    };

    private static object Descriptor(string mediaType, byte[] content) =>
        new { mediaType, size = content.Length, digest = Digest(content) };

    private static string Digest(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));

    private static byte[] Compress(byte[] content)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return compressed.ToArray();
    }

    private static async Task EnsureAsync(HttpResponseMessage response, HttpStatusCode expected, string what)
    {
        if (response.StatusCode != expected)
        {
            throw new InvalidOperationException($"{what}: the registry answered {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
    }

    private async Task PushBlobAsync(string repository, byte[] content)
    {
        using var begun = await _http.PostAsync(new Uri($"/v2/{repository}/blobs/uploads/", UriKind.Relative), null);
        await EnsureAsync(begun, HttpStatusCode.Accepted, $"pushing to {repository}");
        var location = begun.Headers.Location!.ToString();
        var upload = new Uri(location + (location.Contains('?') ? '&' : '?') + "digest=" + Uri.EscapeDataString(Digest(content)), UriKind.RelativeOrAbsolute);
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var done = await _http.PutAsync(upload, body);
        await EnsureAsync(done, HttpStatusCode.Created, $"pushing to {repository}");
    }
}
