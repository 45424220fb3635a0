using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming.Commands;

/// <summary>The channels of a WebSocket as the streams of a command.</summary>
internal static class ChannelCommandStreams
{
    public const int Stdin = 0;
    public const int Stdout = 1;
    public const int Stderr = 2;
    public const int Error = 3;
    public const int Resize = 4;
    public const int Count = 5;

    public static async Task<CommandStreams> OpenAsync(ChannelConnection connection, ChannelProtocol protocol, StreamOptions options, CancellationToken cancellationToken)
    {
        await GreetAsync(connection, options, cancellationToken);
        var error = connection[Error];
        return new CommandStreams(
            options.Stdin ? connection[Stdin] : null,
            options.Stdout ? connection[Stdout] : null,
            options.Stderr ? connection[Stderr] : null,
            options.Tty ? connection[Resize] : null,
            async (outcome, token) =>
            {
                if ((protocol.ReportsStatus ? outcome.ToStatus() : outcome.ToText()) is { Length: > 0 } report)
                {
                    await error.WriteAsync(report, token);
                }
            },
            _ =>
            {
                connection[Stdin].StopReading();
                return Task.CompletedTask;
            });
    }

    /// <summary>Clients take an empty message on the lowest channel that is written to as the sign that the command runs.</summary>
    public static ValueTask GreetAsync(ChannelConnection connection, StreamOptions options, CancellationToken cancellationToken) =>
        connection[options.Stdout ? Stdout : options.Stderr ? Stderr : Error].WriteAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);
}
