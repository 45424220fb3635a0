using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Server;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Tests.Streaming;
using NSubstitute;
using Cri = NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Kubelet.Tests.Server;

public sealed class NodeLogEndpointTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("logs-").FullName;
    private readonly IRuntimeService _runtime = Substitute.For<IRuntimeService>();
    private readonly DaemonServer _server = new(new ServerOptions("kubelet", new IPEndPoint(IPAddress.Loopback, 0)), NullLoggerFactory.Instance);
    private readonly HttpClient _http = new();

    public async Task InitializeAsync()
    {
        var logs = Directory.CreateDirectory(Path.Combine(_folder, "log", "pods")).Parent!.FullName;
        await File.WriteAllTextAsync(Path.Combine(logs, "syslog"), "a line\n");
        await File.WriteAllTextAsync(Path.Combine(logs, "pods", "0.log"), "of a pod\n");
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret"), "secret\n");
        File.CreateSymbolicLink(Path.Combine(logs, "stolen"), "../secret");
        File.CreateSymbolicLink(Path.Combine(logs, "outside"), _folder);
        File.CreateSymbolicLink(Path.Combine(logs, "inside"), "pods/0.log");
        var options = new KubeletEndpointOptions("node-1") { LogFolder = logs, SystemLogQuery = true, CheckpointFolder = Path.Combine(_folder, "checkpoints") };
        new KubeletEndpoints(options, new OneRunningPod(), _runtime, TimeProvider.System, NullLoggerFactory.Instance).MapTo(_server);
        await _server.StartAsync(CancellationToken.None);
        _http.BaseAddress = new Uri($"http://127.0.0.1:{_server.Endpoint.Port}");
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("/logs/syslog", 200, "a line\n")]
    [InlineData("/logs/pods/0.log", 200, "of a pod\n")]
    [InlineData("/logs/inside", 200, "of a pod\n")]
    [InlineData("/logs/?query=/syslog", 200, "a line\n")]
    [InlineData("/logs/none", 404, "404 page not found")]
    [InlineData("/logs/stolen", 403, "the file is a link to somewhere else")]
    [InlineData("/logs/outside/secret", 403, "the file is a link to somewhere else")]
    [InlineData("/logs/outside/", 403, "the folder is a link to somewhere else")]
    [InlineData("/logs/%2e%2e/secret", 404, "")]
    [InlineData("/logs/..%2fsecret", 404, "")]
    [InlineData("/logs/?query=../secret", 404, "404 page not found")]
    [InlineData("/logs/?query=", 400, "query: cannot be empty")]
    [InlineData("/logs/?query=a%3Brm", 400, "query: \"a;rm\" is no name of a service")]
    [InlineData("/logs/?query=kubelet&query=/syslog", 400, "query: cannot specify a file and service")]
    [InlineData("/logs/?query=/syslog&tailLines=3", 400, "query: cannot specify file with options")]
    [InlineData("/logs/?query=kubelet&tailLines=-1", 400, "tailLines: must be between 0 and 100000")]
    [InlineData("/logs/?query=kubelet&boot=1", 400, "boot: must be less than 1")]
    [InlineData("/logs/?query=kubelet&sinceTime=yesterday", 400, "sinceTime: invalid time format \"yesterday\"")]
    public async Task Logs_AnyPath_FileOrRefusal(string path, int status, string body)
    {
        using var response = await _http.GetAsync(new Uri(path, UriKind.Relative));
        var text = await response.Content.ReadAsStringAsync();

        Assert.Equal((HttpStatusCode)status, response.StatusCode);
        Assert.DoesNotContain("secret\n", text, StringComparison.Ordinal);
        if (body.Length > 0)
        {
            Assert.Equal(body, text);
        }
    }

    [Fact]
    public async Task Logs_Folder_IsListed()
    {
        var page = await _http.GetStringAsync(new Uri("/logs/", UriKind.Relative));

        Assert.Contains("<a href=\"pods/\">pods/</a>", page, StringComparison.Ordinal);
        Assert.Contains("<a href=\"syslog\">syslog</a>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_EngineThatCan_FileIsNamed()
    {
        Cri.CheckpointContainerRequest? asked = null;
        _runtime.CheckpointContainerAsync(Arg.Do<Cri.CheckpointContainerRequest>(r => asked = r), Arg.Any<CancellationToken>()).Returns(Task.CompletedTask);

        using var response = await _http.PostAsync(new Uri("/checkpoint/default/web/main?timeout=7", UriKind.Relative), null);

        Assert.Equal($"{{\"items\":[\"{asked!.Location}\"]}}", await response.Content.ReadAsStringAsync());
        Assert.Equal(("abc", 7), (asked.ContainerId, asked.Timeout));
        Assert.StartsWith(Path.Combine(_folder, "checkpoints", "checkpoint-web_default-main-"), asked.Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoint_EngineThatCannot_IsToldWhy()
    {
        _runtime.CheckpointContainerAsync(Arg.Any<Cri.CheckpointContainerRequest>(), Arg.Any<CancellationToken>()).Returns(Task.FromException(new RuntimeException(RuntimeErrorCode.Unimplemented, "no checkpoints here")));

        using var response = await _http.PostAsync(new Uri("/checkpoint/default/web/main", UriKind.Relative), null);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("checkpointing of default/web/main failed (no checkpoints here)", await response.Content.ReadAsStringAsync());
    }
}
