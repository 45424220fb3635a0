using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Streaming.WebSockets;

namespace NodeAgent.Kubelet.Streaming.Ports;

/// <summary>
/// Port-forward over a WebSocket of channels: one connection for each port that the request named, with two channels each, for
/// the data and for an error. Each channel begins with the port, two bytes with the lower one first.
/// </summary>
internal sealed partial class ChannelPortSession(
    IReadOnlyList<int> ports, Func<int, CancellationToken, Task<Stream>> connectToPort, TimeSpan idleTimeout, TimeProvider time, ILogger logger)
{
    public async Task RunAsync(ChannelConnection connection, CancellationToken cancellationToken)
    {
        for (var i = 0; i < ports.Count; i++)
        {
            var port = new byte[sizeof(ushort)];
            BinaryPrimitives.WriteUInt16LittleEndian(port, (ushort)ports[i]);
            await connection[i * 2].WriteAsync(port, cancellationToken);
            await connection[(i * 2) + 1].WriteAsync(port, cancellationToken);
        }

        await Task.WhenAll(ports.Select((port, i) => ForwardAsync(port, connection[i * 2], connection[(i * 2) + 1], cancellationToken)));
    }

    private async Task ForwardAsync(int port, ChannelStream data, ChannelStream error, CancellationToken cancellationToken)
    {
        error.StopReading();
        try
        {
            await using var target = await connectToPort(port, cancellationToken);
            await new DuplexCopy(idleTimeout, time).RunAsync(data, target, endWithOther: false, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(port, e.Message);
            await error.WriteAsync(Encoding.UTF8.GetBytes($"error forwarding port {port} to the pod: {e.Message}"), cancellationToken);
        }
        finally
        {
            data.StopReading();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Forwarding port {Port} failed: {Reason}")]
    private partial void LogFailed(int port, string reason);
}
