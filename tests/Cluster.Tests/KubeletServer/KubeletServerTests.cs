using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>Who may ask the kubelet what, and how it comes by its certificates, with the real control plane on the other side.</summary>
[Trait("Category", "Cluster")]
public sealed partial class KubeletServerTests(ApiOnlyKubelet kubelet) : IClassFixture<ApiOnlyKubelet>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Method, path, the narrow right, and what a user with the right gets.</summary>
    private static readonly (string Method, string Path, string Right, int Status)[] Endpoints =
    [
        ("GET", "/healthz", "healthz", 0),
        ("GET", "/pods", "pods", 200),
        ("GET", "/runningpods/", "pods", 500),
        ("GET", "/configz", "configz", 200),
        ("GET", "/flagz", "configz", 200),
        ("GET", "/statusz", "statusz", 200),
        ("GET", "/stats/summary", "stats", 200),
        ("GET", "/metrics", "metrics", 200),
        ("GET", "/metrics/resource", "metrics", 200),
        ("GET", "/metrics/cadvisor", "metrics", 200),
        ("GET", "/metrics/probes", "metrics", 200),
        ("GET", "/metrics/slis", "metrics", 200),
        ("GET", "/healthz/ping", "healthz", 200),
        ("GET", "/pods/", "pods", 200),
        ("GET", "/stats/", "stats", 200),
        ("GET", "/logs/", "log", 200),
        ("GET", "/logs/?query=kubelet", "log", 0),
        ("POST", "/checkpoint/default/web/main", "checkpoint", 404),
        ("GET", "/containerLogs/default/web/main", "proxy", 404),
        ("POST", "/run/default/web/main?cmd=true", "proxy", 404),
        ("POST", "/exec/default/web/main?output=1&command=true", "proxy", 404),
        ("POST", "/attach/default/web/main?output=1", "proxy", 404),
        ("POST", "/portForward/default/web", "proxy", 404),
        ("PUT", "/debug/flags/v", "proxy", 400),
        ("GET", "/nowhere", "proxy", 404),
    ];

    [Fact]
    public async Task EveryPath_ByWhoAsks_IsAnsweredOrRefused()
    {
        string[] rights = [.. Endpoints.Select(e => e.Right).Distinct()];
        var tokens = new Dictionary<string, string>();
        foreach (var right in rights)
        {
            tokens[right] = await kubelet.TokenAsync("with-" + right, right);
        }

        var without = await kubelet.TokenAsync("without-rights");
        using var http = Client();
        foreach (var (method, path, right, status) in Endpoints)
        {
            var what = $"{method} {path}";
            Assert.Equal((what, 401), (what, await AskAsync(http, method, path, null)));
            Assert.Equal((what, 401), (what, await AskAsync(http, method, path, "not-a-token")));
            Assert.Equal((what, 403), (what, await AskAsync(http, method, path, without)));
            var other = rights.First(r => r != right && r != "proxy");
            Assert.Equal((what, 403), (what, await AskAsync(http, method, path, tokens[other])));
            var answer = await AskAsync(http, method, path, tokens[right]);
            Assert.True(answer is not (401 or 403) && (status == 0 || answer == status), $"{what} by one who has nodes/{right}: {answer}, not {status}");
        }
    }

    [Fact]
    public async Task ClientCertificate_OfTheApiServer_IsTheUserInIt()
    {
        // The API server's own client certificate is a cluster administrator's here.
        var pods = await kubelet.Plane.KubectlAsync(["get", "--raw", $"/api/v1/nodes/{ApiOnlyKubelet.NodeName}/proxy/pods"]);

        Assert.Contains("\"PodList\"", pods.Output, StringComparison.Ordinal);
        Assert.Contains("\"kubeletconfig\"", (await kubelet.Plane.KubectlAsync(["get", "--raw", $"/api/v1/nodes/{ApiOnlyKubelet.NodeName}/proxy/configz"])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Join_WithABootstrapToken_HasACertificateOfItsOwn()
    {
        using var certificate = X509Certificate2.CreateFromPemFile(Path.Combine(kubelet.PkiFolder, "kubelet-client-current.pem"));
        var requests = (await kubelet.Plane.KubectlAsync(["get", "csr", "-o", "jsonpath={range .items[*]}{.spec.signerName} {.spec.username} {.status.conditions[0].type}{\"\\n\"}{end}"])).Output;

        Assert.Contains("system:node:" + ApiOnlyKubelet.NodeName, certificate.Subject, StringComparison.Ordinal);
        Assert.Contains("kubernetes.io/kube-apiserver-client-kubelet system:bootstrap:abcdef Approved", requests, StringComparison.Ordinal);
        Assert.Contains("kubelet-client-current.pem", await File.ReadAllTextAsync(kubelet.KubeletKubeconfig), StringComparison.Ordinal);
        Assert.Equal("", (await kubelet.Plane.KubectlAsync(["--kubeconfig", kubelet.KubeletKubeconfig, "get", "node", ApiOnlyKubelet.NodeName, "-o", "jsonpath={.spec.taints[?(@.key==\"nothing\")]}"])).Output.Trim());
    }

    [Fact]
    public async Task ServingCertificate_NobodyApproves_AnEventHasTheCommand_AndAfterItTheCertificateIsShown()
    {
        var message = "";
        await Wait.UntilAsync("an event on the node about the request that waits", Patience, async () =>
            (message = JsonFields.ReadItems(await kubelet.Plane.Reader.GetAsync("/api/v1/events"), ".reason} {.involvedObject.name}: {.message")
                .FirstOrDefault(l => l.StartsWith($"CertificateRequestPending {ApiOnlyKubelet.NodeName}:", StringComparison.Ordinal) && l.Contains("kubernetes.io/kubelet-serving", StringComparison.Ordinal)) ?? "").Length > 0, kubelet.LogTail, TimeSpan.FromMilliseconds(300));

        // The very command that it names.
        await kubelet.Plane.KubectlAsync(message[(message.IndexOf("kubectl ", StringComparison.Ordinal) + "kubectl ".Length)..].Trim().Split(' '));

        await Wait.UntilAsync("the approved certificate to be shown", Patience, async () => await IssuerAsync() == X509CertificateLoader.LoadCertificateFromFile(kubelet.Plane.Pki.CaFile).Subject, kubelet.LogTail, TimeSpan.FromMilliseconds(200));
        var metrics = new MetricPage((await kubelet.Plane.KubectlAsync(["get", "--raw", $"/api/v1/nodes/{ApiOnlyKubelet.NodeName}/proxy/metrics"])).Output);
        Assert.InRange(Assert.Single(metrics["kubelet_certificate_manager_server_ttl_seconds"]).Value, 60, 400 * 86400);
        Assert.Equal(0, Assert.Single(metrics["kubelet_server_expiration_renew_errors"]).Value);
    }

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/metrics/resource")]
    [InlineData("/metrics/cadvisor")]
    [InlineData("/metrics/probes")]
    [InlineData("/metrics/slis")]
    public async Task Metrics_OfEveryPage_AreReadByPromtool(string page)
    {
        using var http = Client();
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await kubelet.TokenAsync("with-metrics", "metrics"));
        await Promtool.CheckAsync(await http.GetStringAsync(new Uri(page, UriKind.Relative)));
    }

    [Fact]
    public async Task HalfOpenHandshakes_AThousand_HoldNobodyUpAndLittleMemory()
    {
        const int Many = 1000;
        var token = await kubelet.TokenAsync("with-pods", "pods");
        using var http = Client();
        Assert.Equal(200, await AskAsync(http, "GET", "/pods", token));
        var (memory, descriptors) = (ProcessUse.Megabytes(kubelet.ProcessId), ProcessUse.Descriptors(kubelet.ProcessId));
        var open = new List<Socket>();
        try
        {
            for (var i = 0; i < Many; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                open.Add(socket);
                await socket.ConnectAsync(IPAddress.Parse(kubelet.Address), kubelet.Port);
                if (i % 2 == 0)
                {
                    // The beginning of a ClientHello that says it is longer.
                    await socket.SendAsync(new byte[] { 22, 3, 1, 2, 0, 1 });
                }
            }

            await Wait.UntilAsync("the connections to be taken", Patience, () => Task.FromResult(ProcessUse.Descriptors(kubelet.ProcessId) >= descriptors + Many), interval: TimeSpan.FromMilliseconds(50));
            using var other = Client();
            Assert.Equal(200, await AskAsync(other, "GET", "/pods", token));
            Assert.InRange(ProcessUse.Megabytes(kubelet.ProcessId) - memory, -1000, 64);
        }
        finally
        {
            open.ForEach(s => s.Dispose());
        }

        await Wait.UntilAsync("nothing to be left of them", Patience, () => Task.FromResult(ProcessUse.Descriptors(kubelet.ProcessId) <= descriptors + 20), () => $"{ProcessUse.Descriptors(kubelet.ProcessId)} descriptors are open, {descriptors} were before", TimeSpan.FromMilliseconds(100));
    }

    [Fact]
    public async Task RequestsThatAreMalformedOversizedOrNeverEnd_GetAnErrorEach_AndOthersAreServed()
    {
        var token = await kubelet.TokenAsync("with-log-and-proxy", "log", "proxy");
        var identity = $"Host: kubelet\r\nAuthorization: Bearer {token}\r\n";
        var memory = ProcessUse.Megabytes(kubelet.ProcessId);
        var slow = new List<SslStream>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                var tls = await ConnectAsync();
                slow.Add(tls);
                await tls.WriteAsync(Encoding.ASCII.GetBytes("GET /logs/ HTTP/1.1\r\nHost: kube"));
            }

            Assert.Equal(400, await RawAsync("\0\u0001 nonsense\r\n\r\n"));
            Assert.Equal(414, await RawAsync($"GET /logs/{new string('a', 20_000)} HTTP/1.1\r\n{identity}\r\n"));
            Assert.Equal(431, await RawAsync($"GET /logs/ HTTP/1.1\r\n{identity}{string.Concat(Enumerable.Repeat("X-Flood: 1\r\n", 5_000))}\r\n"));
            foreach (var path in (string[])["/logs/../../../etc/shadow", "/logs/%2e%2e/%2e%2e/%2e%2e/etc/shadow", "/logs/..%2f..%2f..%2fetc%2fshadow", "/containerLogs/default/..%2f..%2f..%2fetc/shadow", "/containerLogs/..%2f..%2fetc/shadow/main", "/containerLogs/default/web/..%2fshadow"])
            {
                Assert.InRange(await RawAsync($"GET {path} HTTP/1.1\r\n{identity}Connection: close\r\n\r\n"), 400, 404);
            }

            Assert.Equal(413, await RawAsync($"PUT /debug/flags/v HTTP/1.1\r\n{identity}Content-Length: 9000000000\r\n\r\n4"));
            Assert.Equal(200, await RawAsync($"GET /logs/ HTTP/1.1\r\n{identity}Connection: close\r\n\r\n"));
            Assert.InRange(ProcessUse.Megabytes(kubelet.ProcessId) - memory, -1000, 64);
        }
        finally
        {
            slow.ForEach(s => s.Dispose());
        }
    }

    /// <returns>The status of the answer to these bytes.</returns>
    private async Task<int> RawAsync(string request)
    {
        await using var tls = await ConnectAsync();
        await tls.WriteAsync(Encoding.Latin1.GetBytes(request));
        var head = new byte[64];
        var count = await tls.ReadAtLeastAsync(head, "HTTP/1.1 200".Length, throwOnEndOfStream: false).AsTask().WaitAsync(Patience);
        return int.Parse(Encoding.ASCII.GetString(head, 0, count).Split(' ')[1], CultureInfo.InvariantCulture);
    }

    private async Task<SslStream> ConnectAsync()
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Parse(kubelet.Address), kubelet.Port);
#pragma warning disable CA5359 // Its certificate is its own until somebody approves one.
        var tls = new SslStream(client.GetStream(), false, (_, _, _, _) => true);
#pragma warning restore CA5359
        await tls.AuthenticateAsClientAsync("kubelet");
        return tls;
    }

    private HttpClient Client()
    {
        var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // Its certificate is its own until somebody approves one.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        return new HttpClient(handler) { BaseAddress = kubelet.Server };
    }

    private static async Task<int> AskAsync(HttpClient http, string method, string path, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        using var answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    private async Task<string> IssuerAsync()
    {
        await using var tls = await ConnectAsync();
        return tls.RemoteCertificate!.Issuer;
    }
}
