using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Server;
using NSubstitute;
using Core = NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Kubelet.Tests.Server;

public sealed class KubeletEndpointsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("endpoints-").FullName;
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly DaemonServer _server = new(new ServerOptions("kubelet", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        new KubeletEndpoints(new KubeletEndpointOptions("node-1"), new OnePod(), _runtime, TimeProvider.System, NullLoggerFactory.Instance).MapTo(_server);
        await _server.StartAsync(CancellationToken.None);
        _http.BaseAddress = new Uri($"http://127.0.0.1:{_server.Endpoint.Port}");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<(HttpStatusCode, string)> GetAsync(string path)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task ContainerLogs_RunningContainer_ItsLog()
    {
        var log = Path.Combine(_folder, "0.log");
        await File.WriteAllTextAsync(log, "2026-11-21T05:00:01.5Z stdout F one\n2026-11-21T05:00:02.5Z stdout F two\n");
        _runtime.ContainerStatusAsync("abc", false, Arg.Any<CancellationToken>()).Returns(new ContainerStatusResponse { Status = new ContainerStatus { LogPath = log } });

        Assert.Equal((HttpStatusCode.OK, "one\ntwo\n"), await GetAsync("/containerLogs/default/web/main"));
        Assert.Equal((HttpStatusCode.OK, "two\n"), await GetAsync("/containerLogs/default/web/main?tailLines=1"));
    }

    [Theory]
    [InlineData("/containerLogs/default/other/main", 404)]
    [InlineData("/containerLogs/default/web/other", 404)]
    [InlineData("/containerLogs/default/web", 404)]
    [InlineData("/containerLogs/default/web/main/more/and/more", 404)]
    [InlineData("/containerLogs/default/web/..%2f..%2fetc%2fpasswd", 404)]
    [InlineData("/containerLogs/../../etc/passwd", 404)]
    [InlineData("/containerLogs/default/web/main?tailLines=x", 400)]
    [InlineData("/containerLogs/default/web/main?previous=true", 400)]
    [InlineData("/exec/default/web/main?command=ls", 400)]
    [InlineData("/exec/default/web/main?output=1", 400)]
    [InlineData("/exec/default/web/not-uid/main?output=1&command=ls", 404)]
    [InlineData("/portForward/default/web/not-uid", 404)]
    [InlineData("/portForward/default/web?port=0", 400)]
    [InlineData("/run/default/web/main", 405)]
    public async Task AnyPath_BadRequest_StatusOfUpstream(string path, int status) => Assert.Equal((HttpStatusCode)status, (await GetAsync(path)).Item1);

    [Fact]
    public async Task Exec_NoUpgrade_IsRefused()
    {
        _runtime.ExecAsync(Arg.Any<ExecRequest>(), Arg.Any<CancellationToken>()).Returns(new RemoteStreams(new Uri("http://127.0.0.1:1/exec/x")));

        Assert.Equal((HttpStatusCode.BadRequest, "Upgrade request required"), await GetAsync("/exec/default/web/main?output=1&command=ls"));
    }

    [Fact]
    public async Task Run_Command_ItsOutput()
    {
        _runtime.ExecSyncAsync("abc", Arg.Is<IReadOnlyList<string>>(c => c.SequenceEqual(new[] { "ls", "-l" })), Arg.Any<TimeSpan>(), Arg.Any<CancellationToken>())
            .Returns(new ExecSyncResponse { Stdout = ByteString.CopyFromUtf8("out") });

        using var response = await _http.PostAsync(new Uri("/run/default/web/main?cmd=ls+-l", UriKind.Relative), null);

        Assert.Equal("out", await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Pods_List_IsAPodList()
    {
        var json = JsonDocument.Parse((await GetAsync("/pods")).Item2).RootElement;

        Assert.Equal("PodList", json.GetProperty("kind").GetString());
        Assert.Equal("web", json.GetProperty("items")[0].GetProperty("metadata").GetProperty("name").GetString());
    }

    private sealed class OnePod : IPodDirectory
    {
        private readonly Core.Pod _pod = new()
        {
            Metadata = new ObjectMeta { Name = "web", Namespace = "default", Uid = "uid-1" },
            Spec = new Core.PodSpec { Containers = { new Core.Container { Name = "main" } } },
            Status = new Core.PodStatus
            {
                ContainerStatuses = { new Core.ContainerStatus { Name = "main", ContainerID = "containerd://abc", State = new Core.ContainerState { Running = new Core.ContainerStateRunning() } } },
            },
        };

        public Core.Pod? Find(string namespaceName, string name) => namespaceName == "default" && name == "web" ? _pod : null;

        public IReadOnlyList<Core.Pod> List() => [_pod];
    }
}
