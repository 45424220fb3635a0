using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Server;
using NodeAgent.Kubelet.Server;
using Cri = NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>
/// A kubelet's server for the pod web, whose commands are processes of this host and whose ports are those of this host. With
/// <see cref="Engine"/> it is one on an engine that serves streams itself; that engine is a second such server.
/// </summary>
internal sealed class StreamingKubelet : IAsyncDisposable
{
    private readonly DaemonServer _server = new(new ServerOptions("kubelet", new IPEndPoint(IPAddress.Loopback, 0)) { WebSockets = true }, NullLoggerFactory.Instance);

    private StreamingKubelet(StreamingKubelet? engine, TimeSpan idleTimeout, TimeProvider time)
    {
        Engine = engine;
        var options = new KubeletEndpointOptions("node-1") { StreamIdleTimeout = idleTimeout };
        new KubeletEndpoints(options, new OneRunningPod(), Runtime, time, NullLoggerFactory.Instance).MapTo(_server);
        Runtime.ListPodSandboxAsync(Arg.Any<Cri.PodSandboxFilter>(), Arg.Any<CancellationToken>()).Returns([new Cri.PodSandbox { Id = "sandbox" }]);
        Runtime.ExecAsync(Arg.Any<Cri.ExecRequest>(), Arg.Any<CancellationToken>()).Returns(call => Exec(call.Arg<Cri.ExecRequest>()));
        Runtime.PortForwardAsync(Arg.Any<Cri.PortForwardRequest>(), Arg.Any<CancellationToken>()).Returns(call => Ports(call.Arg<Cri.PortForwardRequest>()));
    }

    public IRuntimeService Runtime { get; } = Substitute.For<IRuntimeService>();

    public StreamingKubelet? Engine { get; }

    public int Port => _server.Endpoint.Port;

    /// <summary>The processes that were started, on the engine's side when there is one.</summary>
    public List<HostProcess> Processes { get; } = [];

    public static async Task<StreamingKubelet> StartAsync(bool onEngine, TimeSpan? idleTimeout = null, TimeProvider? time = null)
    {
        var idle = idleTimeout ?? TimeSpan.FromMinutes(1);
        var kubelet = new StreamingKubelet(onEngine ? await StartAsync(onEngine: false, idle, time) : null, idle, time ?? TimeProvider.System);
        await kubelet._server.StartAsync(CancellationToken.None);
        return kubelet;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        if (Engine is not null)
        {
            await Engine.DisposeAsync();
        }
    }

    private StreamTarget Exec(Cri.ExecRequest request)
    {
        if (Engine is not null)
        {
            var command = string.Concat(request.Cmd.Select(c => "&command=" + Uri.EscapeDataString(c)));
            return new RemoteStreams(new Uri($"http://127.0.0.1:{Engine.Port}/exec/default/web/main?input={Flag(request.Stdin)}&output={Flag(request.Stdout)}&error={Flag(request.Stderr)}&tty={Flag(request.Tty)}{command}"));
        }

        var process = new HostProcess(request);
        lock (Processes)
        {
            Processes.Add(process);
        }

        return new LocalProcess(process);
    }

    private StreamTarget Ports(Cri.PortForwardRequest request)
    {
        if (Engine is not null)
        {
            return new RemoteStreams(new Uri($"http://127.0.0.1:{Engine.Port}/portForward/default/web?{string.Join('&', request.Port.Select(p => $"port={p}"))}"));
        }

        return new LocalPorts(new HostPorts());
    }

    private static int Flag(bool value) => value ? 1 : 0;

    /// <summary>The ports of this host, in place of a sandbox's.</summary>
    private sealed class HostPorts : ISandboxPorts
    {
        public async Task<Stream> ConnectAsync(int port, CancellationToken cancellationToken)
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        }

        public void Dispose()
        {
        }
    }
}
