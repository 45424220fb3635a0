using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.Kubelet.Streaming;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>
/// kubectl itself against the streams that this kubelet serves: the Go client's SPDY and WebSocket are what they have to get
/// along with. Both with the streams ending in the kubelet and with an engine behind; a kubectl before v1.31 speaks SPDY in
/// every case.
/// </summary>
[Trait("Category", "Cluster")]
public sealed class KubectlInteropTests : IAsyncLifetime
{
    private static readonly int[] BothWays = [0, 1];
    private readonly StreamingKubelet[] _kubelets = new StreamingKubelet[2];
    private readonly DaemonServer _api = NewServer("api");
    private readonly TcpListener _inPod = new(IPAddress.Loopback, 0);
    private string _kubectl = "";

    public async Task InitializeAsync()
    {
        _kubectl = (await KubeBinaries.FindAsync()).Kubectl;
        foreach (var engine in BothWays)
        {
            _kubelets[engine] = await StreamingKubelet.StartAsync(onEngine: engine == 1);
        }

        _api.Map("/api", Json("""{"kind":"APIVersions","versions":["v1"]}"""));
        _api.Map("/apis", Json("""{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"""));
        _api.Map("/api/v1", Json("""{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[{"name":"pods","namespaced":true,"kind":"Pod","verbs":["get"]}]}"""));
        foreach (var engine in BothWays)
        {
            _api.Map($"/api/v1/namespaces/default/pods/web-{engine}", Json(KubeJson.ToText(new OneRunningPod().List()[0]).Replace("\"web\"", $"\"web-{engine}\"", StringComparison.Ordinal)));
            _api.Map($"/api/v1/namespaces/default/pods/web-{engine}/", context => ForwardAsync(context, _kubelets[engine]));
        }

        await _api.StartAsync(CancellationToken.None);
        _inPod.Start();
    }

    public async Task DisposeAsync()
    {
        _inPod.Dispose();
        await _api.DisposeAsync();
        foreach (var kubelet in _kubelets)
        {
            await kubelet.DisposeAsync();
        }
    }

    public static TheoryData<bool, int> Ways => new() { { false, 0 }, { false, 1 }, { true, 0 }, { true, 1 } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Exec_Command_OutputErrorAndExitCode(bool webSockets, int engine)
    {
        var (code, output, error) = await KubectlAsync(webSockets, "", "exec", $"web-{engine}", "--", "sh", "-c", "echo out; echo err >&2; exit 7");

        Assert.Equal("out\n", output);
        Assert.StartsWith("err\n", error, StringComparison.Ordinal);
        Assert.Equal(7, code);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Exec_LargeStdin_ArrivesWholeAndEnds(bool webSockets, int engine)
    {
        var (code, output, error) = await KubectlAsync(webSockets, new string('x', 3_000_000), "exec", "-i", $"web-{engine}", "--", "sh", "-c", "cat | tee /dev/null | wc -c; head -c 2000000 /dev/zero | tr '\\0' y");

        Assert.True(code == 0, error);
        Assert.StartsWith("3000000\n", output, StringComparison.Ordinal);
        Assert.Equal(2_000_000, output.Count(c => c == 'y'));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PortForward_SeveralConnections_ReachThePort(bool webSockets, int engine)
    {
        var port = ((IPEndPoint)_inPod.LocalEndpoint).Port;
        using var process = Start(webSockets, "port-forward", $"pod/web-{engine}", $":{port}");
        var local = int.Parse((await process.StandardOutput.ReadLineAsync())!.Split("->")[0].Split(':')[^1].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            for (var i = 0; i < 5; i++)
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, local);
                using var inPod = await _inPod.AcceptTcpClientAsync().WaitAsync(TimeSpan.FromSeconds(20));
                await client.GetStream().WriteAsync("ping"u8.ToArray());
                var buffer = new byte[4];
                await inPod.GetStream().ReadExactlyAsync(buffer);
                await inPod.GetStream().WriteAsync(new byte[500_000]);
                inPod.Close();
                var received = new MemoryStream();
                await client.GetStream().CopyToAsync(received);

                Assert.Equal("ping"u8.ToArray(), buffer);
                Assert.Equal(500_000, received.Length);
            }
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task PortForward_NobodyListens_IsToldByKubectl(bool webSockets, int engine)
    {
        using var process = Start(webSockets, "port-forward", $"pod/web-{engine}", ":1");
        var local = int.Parse((await process.StandardOutput.ReadLineAsync())!.Split("->")[0].Split(':')[^1].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, local);
            var line = "";
            while (!line.Contains("refused", StringComparison.Ordinal))
            {
                line = await process.StandardError.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)) ?? throw new InvalidOperationException("kubectl said nothing of it");
            }
        }
        finally
        {
            process.Kill();
        }
    }

    private static DaemonServer NewServer(string name) => new(new ServerOptions(name, new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);

    private static RequestDelegate Json(string json) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    };

    // What the API server does: its own names of the options become the kubelet's.
    private static Task ForwardAsync(HttpContext context, StreamingKubelet kubelet)
    {
        var query = context.Request.Query.SelectMany(q => q.Value.Select(v => KeyValuePair.Create(
            q.Key switch { "stdin" => "input", "stdout" => "output", "stderr" => "error", _ => q.Key }, v == "true" ? "1" : v)));
        var path = context.Request.Path.Value!.EndsWith("/exec", StringComparison.Ordinal) ? "/exec/default/web/main" : "/portForward/default/web";
        return new UpgradeProxy(TimeSpan.FromMinutes(1), TimeProvider.System)
            .ForwardAsync(context, new Uri(QueryHelpers.AddQueryString($"http://127.0.0.1:{kubelet.Port}{path}", query)));
    }

    private Process Start(bool webSockets, params string[] arguments)
    {
        var info = new ProcessStartInfo(_kubectl) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = webSockets ? "true" : "false";
        info.Environment["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = webSockets ? "true" : "false";
        info.Environment["HOME"] = Path.GetTempPath();
        foreach (var argument in arguments.Prepend($"http://127.0.0.1:{_api.Endpoint.Port}").Prepend("--server"))
        {
            info.ArgumentList.Add(argument);
        }

        return Process.Start(info)!;
    }

    private async Task<(int Code, string Output, string Error)> KubectlAsync(bool webSockets, string input, params string[] arguments)
    {
        using var process = Start(webSockets, arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }
}
