using Microsoft.AspNetCore.Http;
using NodeAgent.Kubelet.Streaming.Commands;
using NodeAgent.Kubelet.Streaming.Ports;
using NodeAgent.Kubelet.Streaming.Spdy;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming;

/// <summary>Serves the WebSocket protocols that container engines do not speak, by talking SPDY/3.1 to the engine.</summary>
internal sealed class EngineTranslation(ChannelServing channels, TimeSpan idleTimeout, TimeProvider time)
{
    private const string SpdyUpgrade = "SPDY/3.1";
    private const string StreamType = "streamtype";

    /// <summary>Version 5 of a command's channels, each to a SPDY stream of version 4.</summary>
    /// <returns>Whether the engine said all that it had to say before the client was gone.</returns>
    public async Task<bool> ServeCommandAsync(HttpContext context, StreamOptions options, Uri target)
    {
        await using var engine = await AskAsync(SpdyCommandStreams.Protocols[0], target, context.RequestAborted);
        if (!engine.IsUpgraded)
        {
            await engine.RelayRefusalAsync(context);
            return true;
        }

        await using var transport = new PrefixedStream(engine.Received, engine.Stream);
        var isOver = false;
        await channels.RunAsync(context, ChannelProtocol.Commands[0], ChannelCommandStreams.Count, async (client, token) =>
        {
            await TranslateAsync(client, options, transport, token);
            isOver = true;
        });
        return isOver;
    }

    /// <summary>A tunnel carries SPDY; its bytes are passed on.</summary>
    public async Task ServeTunnelAsync(HttpContext context, Uri target)
    {
        await using var engine = await AskAsync(PortForwardSession.Protocol, target, context.RequestAborted);
        if (!engine.IsUpgraded)
        {
            await engine.RelayRefusalAsync(context);
            return;
        }

        await using var client = await TunnelUpgrade.AcceptAsync(context);
        if (!engine.Received.IsEmpty)
        {
            await client.WriteAsync(engine.Received, context.RequestAborted);
        }

        await new DuplexCopy(idleTimeout, time).RunAsync(client, engine.Stream, endWithOther: true, context.RequestAborted);
    }

    private static Task<EngineUpgrade> AskAsync(string protocol, Uri target, CancellationToken cancellationToken) =>
        EngineUpgrade.AskAsync("POST", target, [("Upgrade", SpdyUpgrade), (ProtocolHandshake.VersionHeader, protocol)], cancellationToken);

    private static async Task TranslateAsync(ChannelConnection client, StreamOptions options, Stream transport, CancellationToken cancellationToken)
    {
        using var engine = new SpdyConnection(transport);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = engine.RunAsync(ended.Token);
        var copies = new List<Task>();
        try
        {
            // All are opened before anything is sent: input that the engine cannot take yet would hold the opening of the others back.
            var error = await OpenAsync("error", isAskedFor: true);
            var stdin = await OpenAsync("stdin", options.Stdin);
            var stdout = await OpenAsync("stdout", options.Stdout);
            var stderr = await OpenAsync("stderr", options.Stderr);
            var resize = await OpenAsync("resize", options.Tty);
            await ChannelCommandStreams.GreetAsync(client, options, cancellationToken);
            Task[] output =
            [
                CopyAsync(error, client[ChannelCommandStreams.Error], ended.Token),
                CopyAsync(stdout, client[ChannelCommandStreams.Stdout], ended.Token),
                CopyAsync(stderr, client[ChannelCommandStreams.Stderr], ended.Token),
            ];
            copies.AddRange([.. output, CopyInputAsync(client[ChannelCommandStreams.Stdin], stdin, ended.Token), CopyInputAsync(client[ChannelCommandStreams.Resize], resize, ended.Token)]);
            await Task.WhenAll(output);
        }
        finally
        {
            await ended.CancelAsync();
            await Task.WhenAll([.. copies, reading]).ContinueWith(_ => { }, TaskScheduler.Default);
            client[ChannelCommandStreams.Stdin].StopReading();
        }

        async Task<SpdyStream?> OpenAsync(string type, bool isAskedFor) =>
            isAskedFor ? await engine.OpenStreamAsync(new Dictionary<string, string> { [StreamType] = type }, cancellationToken) : null;
    }

    private static async Task CopyInputAsync(ChannelStream from, SpdyStream? to, CancellationToken cancellationToken)
    {
        if (to is not null)
        {
            await from.CopyToAsync(to, cancellationToken);
            await to.CloseAsync(cancellationToken);
        }
    }

    private static Task CopyAsync(SpdyStream? from, ChannelStream to, CancellationToken cancellationToken) => from?.CopyToAsync(to, cancellationToken) ?? Task.CompletedTask;
}
