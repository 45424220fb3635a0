using System.Globalization;
using Microsoft.AspNetCore.Http;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Streaming;

namespace NodeAgent.Kubelet.Server;

/// <summary>/exec, /attach, /portForward and /run.</summary>
internal sealed class StreamEndpoints(IPodDirectory pods, IRuntimeService runtime, StreamServer streams)
{
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

        var request = new Cri.ExecRequest
        {
            ContainerId = route.RunningContainer(route.Pod(pods)),
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
        var ready = new Cri.PodSandboxFilter
        {
            State = new Cri.PodSandboxStateValue { State = Cri.PodSandboxState.SandboxReady },
            LabelSelector = { ["io.kubernetes.pod.uid"] = pod.Metadata.Uid },
        };
        var sandboxes = await runtime.ListPodSandboxAsync(ready, context.RequestAborted);
        var sandbox = sandboxes.MaxBy(s => s.CreatedAt) ?? throw new HttpError(404, $"pod \"{pod.Metadata.Name}\" has no running sandbox");
        var request = new Cri.PortForwardRequest { PodSandboxId = sandbox.Id };
        request.Port.AddRange(Ports(context.Request.Query));
        await streams.ServePortsAsync(context, await runtime.PortForwardAsync(request, context.RequestAborted));
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

    private static IEnumerable<int> Ports(IQueryCollection query) =>
        from text in query["port"].SelectMany(value => (value ?? "").Split(','))
        where text.Length > 0
        select int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and <= 65535
            ? port
            : throw new HttpError(400, $"port \"{text}\" is not between 1 and 65535");
}
