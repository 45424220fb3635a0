using System.Globalization;
using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Streaming;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Server;

/// <summary>/exec, /attach, /portForward and /run.</summary>
internal sealed class StreamEndpoints(IPodDirectory pods, IRuntimeService runtime, StreamServer streams)
{
    // Two channels for each, and their numbers are bytes; upstream has no bound of its own.
    private const int MaxPorts = 127;
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(10);

    public async Task ExecAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: true);
        var options = StreamOptions.Parse(context.Request.Query);
        var command = context.Request.Query["command"];
        if (command.Count == 0)
        {
            throw new HttpError(400, "you must specify at least 1 command for the container");
        }

        var container = route.RunningContainer(route.Pod(pods));
        StreamServer.RequireUpgrade(context);
        var request = new Cri.ExecRequest
        {
            ContainerId = container,
            Tty = options.Tty,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr,
        };
        request.Cmd.AddRange(command.Select(part => part ?? ""));
        await streams.ServeCommandAsync(context, options, await runtime.ExecAsync(request, context.RequestAborted));
    }

    public async Task AttachAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: true);
        var options = StreamOptions.Parse(context.Request.Query);
        var pod = route.Pod(pods);
        StreamServer.RequireUpgrade(context);
        var request = new Cri.AttachRequest
        {
            ContainerId = route.RunningContainer(pod),
            Tty = options.Tty,
            Stdin = options.Stdin,
            Stdout = options.Stdout,
            Stderr = options.Stderr,
        };
        await streams.ServeCommandAsync(context, options, await runtime.AttachAsync(request, context.RequestAborted));
    }

    public async Task PortForwardAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: false);
        var pod = route.Pod(pods);
        StreamServer.RequireUpgrade(context);
        var ports = Ports(context);
        var ready = new Cri.PodSandboxFilter
        {
            State = new Cri.PodSandboxStateValue { State = Cri.PodSandboxState.SandboxReady },
            LabelSelector = { ["io.kubernetes.pod.uid"] = pod.Metadata.Uid },
        };
        var sandboxes = await runtime.ListPodSandboxAsync(ready, context.RequestAborted);
        var sandbox = sandboxes.MaxBy(s => s.CreatedAt) ?? throw new HttpError(404, $"pod \"{pod.Metadata.Name}\" has no running sandbox");
        var request = new Cri.PortForwardRequest { PodSandboxId = sandbox.Id };
        request.Port.AddRange(ports);
        await streams.ServePortsAsync(context, ports, await runtime.PortForwardAsync(request, context.RequestAborted));
    }

    public async Task RunAsync(HttpContext context)
    {
        var route = PodRoute.Parse(context, withContainer: true);
        var pod = route.Pod(pods);
        var command = (context.Request.Query["cmd"].ToString() is { Length: > 0 } text ? text : throw new HttpError(400, "cmd is missing")).Split(' ');
        var result = await runtime.ExecSyncAsync(route.RunningContainer(pod), command, RunLimit, context.RequestAborted);
        if (result.ExitCode != 0)
        {
            throw new HttpError(500, $"command '{string.Join(' ', command)}' exited with {result.ExitCode}: {result.Stderr.ToStringUtf8()}");
        }

        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(result.Stdout.Memory, context.RequestAborted);
        await context.Response.Body.WriteAsync(result.Stderr.Memory, context.RequestAborted);
    }

    /// <summary>A WebSocket of channels has its ports in the query; over SPDY each stream names its own.</summary>
    private static int[] Ports(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest || ChannelProtocol.IsRequested(context, ChannelProtocol.TunnelName))
        {
            return [];
        }

        var texts = context.Request.Query["port"].SelectMany(value => (value ?? "").Split(',')).ToArray();
        return texts.Length is > 0 and <= MaxPorts
            ? [.. texts.Select(Port)]
            : throw new HttpError(400, $"query parameter \"port\" is required, with at most {MaxPorts} ports");
    }

    private static int Port(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
        ? port
        : throw new HttpError(400, $"port \"{text}\" is not between 1 and 65535");
}
