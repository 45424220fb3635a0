using System.Threading.Channels;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>Collects the streams that a client opens for a command on a SPDY connection.</summary>
internal static class SpdyCommandStreams
{
    /// <summary>The newest first; version 4 reports exit codes, 3 has terminal sizes.</summary>
    public static readonly string[] Protocols = ["v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io"];

    private static readonly TimeSpan CreationTimeout = TimeSpan.FromSeconds(30);

    /// <exception cref="IOException">The client did not open them all in time, or ended the connection.</exception>
    public static async Task<CommandStreams> AcceptAsync(
        SpdyConnection connection, string protocol, StreamOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(CreationTimeout, time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var missing = Expected(protocol, options);
        var streams = new Dictionary<string, SpdyStream>();
        try
        {
            while (missing.Count > 0)
            {
                var stream = await connection.Opened.ReadAsync(linked.Token);
                var type = stream.Header("streamType");
                if (missing.Remove(type))
                {
                    streams[type] = stream;
                }
                else
                {
                    await stream.ResetAsync(linked.Token);
                }
            }
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"the client did not open its streams in time; missing: {string.Join(", ", missing)}", e);
        }
        catch (ChannelClosedException e)
        {
            throw new IOException($"the client ended the connection before it opened its streams; missing: {string.Join(", ", missing)}", e);
        }

        return Bundle(streams, protocol);
    }

    private static HashSet<string> Expected(string protocol, StreamOptions options)
    {
        var expected = new HashSet<string> { "error" };
        Add("stdin", options.Stdin);
        Add("stdout", options.Stdout);
        Add("stderr", options.Stderr);
        Add("resize", options.Tty && (protocol is "v4.channel.k8s.io" or "v3.channel.k8s.io"));
        return expected;

        void Add(string type, bool isAskedFor)
        {
            if (isAskedFor)
            {
                expected.Add(type);
            }
        }
    }

    private static CommandStreams Bundle(Dictionary<string, SpdyStream> streams, string protocol)
    {
        var error = streams["error"];
        return new CommandStreams(
            streams.GetValueOrDefault("stdin"),
            streams.GetValueOrDefault("stdout"),
            streams.GetValueOrDefault("stderr"),
            streams.GetValueOrDefault("resize"),
            async (outcome, cancellationToken) =>
            {
                await error.WriteAsync(protocol == Protocols[0] ? outcome.ToStatus() : outcome.ToText(), cancellationToken);
                await error.CloseAsync(cancellationToken);
            },
            async cancellationToken =>
            {
                streams.GetValueOrDefault("stdin")?.StopReading();
                foreach (var output in new[] { streams.GetValueOrDefault("stdout"), streams.GetValueOrDefault("stderr") })
                {
                    await (output?.CloseAsync(cancellationToken) ?? Task.CompletedTask);
                }
            });
    }
}
