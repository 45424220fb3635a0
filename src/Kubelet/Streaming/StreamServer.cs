using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Server;
using NodeAgent.Kubelet.Streaming.Commands;
using NodeAgent.Kubelet.Streaming.Ports;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Joins the client's streams to what the engine gave for them.</summary>
/// <remarks>
/// An API server of any version talks SPDY/3.1 to a kubelet, unless the Node declares that it takes WebSockets, which this one
/// does not: newer servers translate for their clients.
/// </remarks>
internal sealed partial class StreamServer(TimeSpan idleTimeout, TimeProvider time, ILoggerFactory loggers)
{
    private const string SpdyUpgrade = "SPDY/3.1";

    /// <summary>How long the client has to end the connection once all has been said.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly UpgradeProxy _proxy = new(idleTimeout, time);
    private readonly ILogger _log = loggers.CreateLogger<StreamServer>();

    public async Task ServeCommandAsync(HttpContext context, StreamOptions options, StreamTarget target)
    {
        if (target is RemoteStreams remote)
        {
            await _proxy.ForwardAsync(context, remote.Url);
            return;
        }

        var local = target as LocalProcess ?? throw new NotSupportedException($"a command's streams cannot be served from {target.GetType().Name}");
        await using var process = local.Process;
        var protocol = Agree(context, SpdyCommandStreams.Protocols);
        await ServeSpdyAsync(context, async (connection, cancellationToken) =>
        {
            var streams = await SpdyCommandStreams.AcceptAsync(connection, protocol, options, time, cancellationToken);
            await new CommandSession(_log).RunAsync(streams, process, cancellationToken);
        });
    }

    public async Task ServePortsAsync(HttpContext context, StreamTarget target)
    {
        if (target is RemoteStreams remote)
        {
            await _proxy.ForwardAsync(context, remote.Url);
            return;
        }

        var local = target as LocalPorts ?? throw new NotSupportedException($"ports cannot be served from {target.GetType().Name}");
        Agree(context, [PortForwardSession.Protocol]);
        var session = new PortForwardSession(local.ConnectAsync, idleTimeout, time, _log);
        await ServeSpdyAsync(context, session.RunAsync);
    }

    private static string Agree(HttpContext context, IReadOnlyList<string> served)
    {
        var upgrade = context.Request.Headers.Upgrade.ToString();
        return upgrade.Equals(SpdyUpgrade, StringComparison.OrdinalIgnoreCase)
            ? ProtocolHandshake.Choose(context, served)
            : throw new HttpError(400, $"unable to upgrade: the request asks for \"{upgrade}\", served is {SpdyUpgrade}");
    }

    private async Task ServeSpdyAsync(HttpContext context, Func<SpdyConnection, CancellationToken, Task> serve)
    {
        if (context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } upgrade)
        {
            throw new HttpError(400, "Upgrade request required");
        }

        context.Response.Headers.Upgrade = SpdyUpgrade;
        await using var transport = await upgrade.UpgradeAsync();
        using var connection = new SpdyConnection(transport);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        var reading = ReadAsync(connection, gone);
        try
        {
            await serve(connection, gone.Token);
            await connection.GoAwayAsync(gone.Token);
            await reading.WaitAsync(Farewell, time, gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException)
        {
            LogEnded(context.Request.Path, e.Message);
        }

        await gone.CancelAsync();
        await reading;
    }

    // A client that is gone ends what is done for it.
    private async Task ReadAsync(SpdyConnection connection, CancellationTokenSource gone)
    {
        try
        {
            await connection.RunAsync(gone.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            LogEnded("connection", e.Message);
        }

        await gone.CancelAsync();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The streams of {Path} ended: {Reason}")]
    private partial void LogEnded(string path, string reason);
}
