using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Streaming.Commands;
using NodeAgent.Kubelet.Streaming.Ports;
using NodeAgent.Kubelet.Streaming.Spdy;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Joins the client's streams to what the engine gave for them.</summary>
/// <remarks>
/// API servers talk SPDY/3.1 to a kubelet, or WebSocket: version 4 when their client asked for it, version 5 and the tunnel of
/// port-forward when the Node declares that it takes them. What an engine's streaming server does not speak (version 5, the
/// tunnel) is translated here; the rest is passed on as it comes.
/// </remarks>
internal sealed partial class StreamServer
{
    private const string SpdyUpgrade = "SPDY/3.1";

    private readonly TimeSpan _idleTimeout;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly UpgradeProxy _proxy;
    private readonly SpdyServing _spdy;
    private readonly ChannelServing _channels;
    private readonly EngineTranslation _translation;

    /// <param name="idleTimeout">streamingConnectionIdleTimeout; zero for none.</param>
    /// <param name="time">What it is measured with.</param>
    /// <param name="loggers">For why streams ended.</param>
    public StreamServer(TimeSpan idleTimeout, TimeProvider time, ILoggerFactory loggers)
    {
        _idleTimeout = idleTimeout;
        _time = time;
        _log = loggers.CreateLogger<StreamServer>();
        _proxy = new UpgradeProxy(idleTimeout, time);
        var serving = new ConnectionServing(time, _log);
        _spdy = new SpdyServing(serving, idleTimeout, time);
        _channels = new ChannelServing(serving, idleTimeout, time);
        _translation = new EngineTranslation(_channels, idleTimeout, time);
    }

    /// <summary>To be called before anything is started for the request.</summary>
    /// <exception cref="HttpError">The request asks for no upgrade that is served.</exception>
    public static void RequireUpgrade(HttpContext context)
    {
        if (context.WebSockets.IsWebSocketRequest)
        {
            return;
        }

        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true })
        {
            throw new HttpError(400, "Upgrade request required");
        }

        var upgrade = context.Request.Headers.Upgrade.ToString();
        if (!upgrade.Equals(SpdyUpgrade, StringComparison.OrdinalIgnoreCase))
        {
            throw new HttpError(400, $"unable to upgrade: the request asks for \"{upgrade}\", served are {SpdyUpgrade} and websocket");
        }
    }

    public async Task ServeCommandAsync(HttpContext context, StreamOptions options, StreamTarget target)
    {
        switch (target)
        {
            case RemoteStreams remote:
                await ServeRemoteCommandAsync(context, options, remote);
                break;
            case LocalProcess local:
                await using (local.Process)
                {
                    await ServeProcessAsync(context, options, local.Process);
                }

                break;
            default:
                throw new NotSupportedException($"a command's streams cannot be served from {target.GetType().Name}");
        }
    }

    public async Task ServePortsAsync(HttpContext context, IReadOnlyList<int> ports, StreamTarget target)
    {
        var isTunnel = ChannelProtocol.IsRequested(context, ChannelProtocol.TunnelName);
        switch (target)
        {
            case RemoteStreams remote:
                await (isTunnel ? _translation.ServeTunnelAsync(context, remote.Url) : _proxy.ForwardAsync(context, remote.Url));
                break;
            case LocalPorts local:
                using (local.Ports)
                {
                    await ServeLocalPortsAsync(context, ports, local.Ports, isTunnel);
                }

                break;
            default:
                throw new NotSupportedException($"ports cannot be served from {target.GetType().Name}");
        }
    }

    private Task ServeLocalPortsAsync(HttpContext context, IReadOnlyList<int> ports, ISandboxPorts sandbox, bool isTunnel)
    {
        if (context.WebSockets.IsWebSocketRequest && !isTunnel)
        {
            var channels = new ChannelPortSession(ports, sandbox.ConnectAsync, _idleTimeout, _time, _log);
            return _channels.RunAsync(context, ChannelProtocol.Choose(context, ChannelProtocol.Ports), ports.Count * 2, channels.RunAsync);
        }

        var session = new PortForwardSession(sandbox.ConnectAsync, _idleTimeout, _time, _log);
        return isTunnel ? ServeTunnelAsync(context, session) : ServeSpdyAsync(context, [PortForwardSession.Protocol], (connection, _, token) => session.RunAsync(connection, token));
    }

    private async Task ServeRemoteCommandAsync(HttpContext context, StreamOptions options, RemoteStreams remote)
    {
        var isOver = true;
        try
        {
            isOver = await (ChannelProtocol.IsRequested(context, ChannelProtocol.V5Name)
                ? _translation.ServeCommandAsync(context, options, remote.Url)
                : _proxy.ForwardAsync(context, remote.Url));
        }
        catch (Exception) when (context.Response.HasStarted)
        {
            isOver = false;
            throw;
        }
        finally
        {
            if (remote.Command is { } command)
            {
                await EndAsync(context.Request.Path, command, isOver);
            }
        }
    }

    private async Task EndAsync(string what, IRemoteCommand command, bool isOver)
    {
        if (!isOver)
        {
            command.Abandon();
        }

        try
        {
            await command.DisposeAsync();
        }
        catch (Exception e)
        {
            LogLeftBehind(what, e.Message);
        }
    }

    private Task ServeProcessAsync(HttpContext context, StreamOptions options, IContainerProcess process)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            return ServeSpdyAsync(context, SpdyCommandStreams.Protocols, async (connection, protocol, token) =>
            {
                var streams = await SpdyCommandStreams.AcceptAsync(connection, protocol, options, _time, token);
                await new CommandSession(_log).RunAsync(streams, process, token);
            });
        }

        var protocol = ChannelProtocol.Choose(context, ChannelProtocol.Commands);
        return _channels.RunAsync(context, protocol, ChannelCommandStreams.Count, async (connection, token) =>
        {
            var streams = await ChannelCommandStreams.OpenAsync(connection, protocol, options, token);
            await new CommandSession(_log).RunAsync(streams, process, token);
        });
    }

    private async Task ServeSpdyAsync(HttpContext context, IReadOnlyList<string> protocols, Func<SpdyConnection, string, CancellationToken, Task> serve)
    {
        RequireUpgrade(context);
        var protocol = ProtocolHandshake.Choose(context, protocols);
        context.Response.Headers.Upgrade = SpdyUpgrade;
        await using var transport = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        await _spdy.RunAsync(context.Request.Path, transport, (connection, token) => serve(connection, protocol, token), context.RequestAborted);
    }

    private async Task ServeTunnelAsync(HttpContext context, PortForwardSession session)
    {
        await using var transport = await TunnelUpgrade.AcceptAsync(context);
        await _spdy.RunAsync(context.Request.Path, transport, session.RunAsync, context.RequestAborted);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The client of {What} is gone, and its command could not be ended: {Reason}. It runs on until its container ends")]
    private partial void LogLeftBehind(string what, string reason);
}
