using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Streaming;
using NSubstitute;
using Core = NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>
/// kubectl itself against the streams that this kubelet serves: the Go client's SPDY is what they have to get along with.
/// </summary>
[Trait("Category", "Cluster")]
public sealed class KubectlInteropTests : IAsyncLifetime
{
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly DaemonServer _kubelet = NewServer("kubelet");
    private readonly DaemonServer _api = NewServer("api");
    private readonly TcpListener _inPod = new(IPAddress.Loopback, 0);
    private string _kubectl = "";

    public async Task InitializeAsync()
    {
        _kubectl = (await KubeBinaries.FindAsync()).Kubectl;
        new KubeletEndpoints(new KubeletEndpointOptions("node-1"), new OnePod(), _runtime, TimeProvider.System, NullLoggerFactory.Instance).MapTo(_kubelet);
        await _kubelet.StartAsync(CancellationToken.None);
        _api.Map("/api", Json("""{"kind":"APIVersions","versions":["v1"]}"""));
        _api.Map("/apis", Json("""{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"""));
        _api.Map("/api/v1", Json("""{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"v1","resources":[{"name":"pods","namespaced":true,"kind":"Pod","verbs":["get"]}]}"""));
        _api.Map("/api/v1/namespaces/default/pods/web", Json(KubeJson.ToText(new OnePod().List()[0])));
        _api.Map("/api/v1/namespaces/default/pods/web/", ForwardAsync);
        await _api.StartAsync(CancellationToken.None);
        _inPod.Start();
    }

    public async Task DisposeAsync()
    {
        _inPod.Dispose();
        await _api.DisposeAsync();
        await _kubelet.DisposeAsync();
    }

    [Fact]
    public async Task Exec_Command_OutputErrorAndExitCode()
    {
        _runtime.ExecAsync(Arg.Any<ExecRequest>(), Arg.Any<CancellationToken>()).Returns(call => new LocalProcess(new HostProcess(call.Arg<ExecRequest>())));

        var (code, output, error) = await KubectlAsync("", "exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7");

        Assert.Equal("out\n", output);
        Assert.StartsWith("err\n", error, StringComparison.Ordinal);
        Assert.Equal(7, code);
    }

    [Fact]
    public async Task Exec_LargeStdin_ArrivesWholeAndEnds()
    {
        _runtime.ExecAsync(Arg.Any<ExecRequest>(), Arg.Any<CancellationToken>()).Returns(call => new LocalProcess(new HostProcess(call.Arg<ExecRequest>())));

        var (code, output, error) = await KubectlAsync(new string('x', 3_000_000), "exec", "-i", "web", "--", "sh", "-c", "cat | tee /dev/null | wc -c; head -c 2000000 /dev/zero | tr '\\0' y");

        Assert.True(code == 0, error);
        Assert.StartsWith("3000000\n", output, StringComparison.Ordinal);
        Assert.Equal(2_000_000, output.Count(c => c == 'y'));
    }

    [Fact]
    public async Task PortForward_SeveralConnections_ReachThePort()
    {
        var port = ((IPEndPoint)_inPod.LocalEndpoint).Port;
        _runtime.ListPodSandboxAsync(Arg.Any<PodSandboxFilter>(), Arg.Any<CancellationToken>()).Returns([new PodSandbox { Id = "sandbox" }]);
        _runtime.PortForwardAsync(Arg.Any<PortForwardRequest>(), Arg.Any<CancellationToken>()).Returns(new LocalPorts(async (asked, token) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, asked == 80 ? port : 1, token);
            return new NetworkStream(socket, ownsSocket: true);
        }));
        using var process = Start("port-forward", "pod/web", ":80", ":81");
        var local = int.Parse((await process.StandardOutput.ReadLineAsync())!.Split("->")[0].Split(':')[^1].Trim(), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            for (var i = 0; i < 5; i++)
            {
                using var client = new TcpClient();
                await client.ConnectAsync(IPAddress.Loopback, local);
                using var inPod = await _inPod.AcceptTcpClientAsync();
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

    private static DaemonServer NewServer(string name) => new(new ServerOptions(name, new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);

    private static RequestDelegate Json(string json) => context =>
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json);
    };

    // What the API server does: its own names of the options become the kubelet's.
    private Task ForwardAsync(HttpContext context)
    {
        var query = context.Request.Query.SelectMany(q => q.Value.Select(v => KeyValuePair.Create(
            q.Key switch { "stdin" => "input", "stdout" => "output", "stderr" => "error", _ => q.Key }, v == "true" ? "1" : v)));
        var path = context.Request.Path.Value!.EndsWith("/exec", StringComparison.Ordinal) ? "/exec/default/web/main" : "/portForward/default/web";
        return new UpgradeProxy(TimeSpan.FromMinutes(1), TimeProvider.System)
            .ForwardAsync(context, new Uri(QueryHelpers.AddQueryString($"http://127.0.0.1:{_kubelet.Endpoint.Port}{path}", query)));
    }

    private Process Start(params string[] arguments)
    {
        var info = new ProcessStartInfo(_kubectl) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        info.Environment["KUBECTL_REMOTE_COMMAND_WEBSOCKETS"] = "false";
        info.Environment["KUBECTL_PORT_FORWARD_WEBSOCKETS"] = "false";
        info.Environment["HOME"] = Path.GetTempPath();
        foreach (var argument in arguments.Prepend($"http://127.0.0.1:{_api.Endpoint.Port}").Prepend("--server"))
        {
            info.ArgumentList.Add(argument);
        }

        return Process.Start(info)!;
    }

    private async Task<(int Code, string Output, string Error)> KubectlAsync(string input, params string[] arguments)
    {
        using var process = Start(arguments);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return (process.ExitCode, await output, await error);
    }

    private sealed class OnePod : IPodDirectory
    {
        private readonly Core.Pod _pod = new()
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1" },
            Spec = new Core.PodSpec { Containers = { new Core.Container { Name = "main" } } },
            Status = new Core.PodStatus
            {
                Phase = "Running",
                ContainerStatuses = { new Core.ContainerStatus { Name = "main", ContainerID = "docker://abc", State = new Core.ContainerState { Running = new Core.ContainerStateRunning() } } },
            },
        };

        public Core.Pod? Find(string namespaceName, string name) => _pod;

        public IReadOnlyList<Core.Pod> List() => [_pod];
    }

    /// <summary>A process of this host in the place of one in a container.</summary>
    private sealed class HostProcess : IContainerProcess
    {
        private readonly Process _process;

        public HostProcess(ExecRequest request)
        {
            var info = new ProcessStartInfo(request.Cmd[0]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var argument in request.Cmd.Skip(1))
            {
                info.ArgumentList.Add(argument);
            }

            _process = Process.Start(info)!;
            ExitCode = WaitAsync();
        }

        public Stream? Stdin => _process.StandardInput.BaseStream;

        public Stream? Stdout => _process.StandardOutput.BaseStream;

        public Stream? Stderr => _process.StandardError.BaseStream;

        public Task<int> ExitCode { get; }

        public Task ResizeAsync(int width, int height, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask DisposeAsync()
        {
            _process.Dispose();
            return ValueTask.CompletedTask;
        }

        private async Task<int> WaitAsync()
        {
            await _process.WaitForExitAsync();
            return _process.ExitCode;
        }
    }
}
