using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Streaming.Ports;

/// <summary>
/// Port-forward over one SPDY connection: for each TCP connection of the user the client opens a pair of streams, one for the
/// data and one for an error.
/// </summary>
internal sealed partial class PortForwardSession(
    Func<int, CancellationToken, Task<Stream>> connectToPort, TimeSpan idleTimeout, TimeProvider time, ILogger logger)
{
    public const string Protocol = "portforward.k8s.io";

    private const int MaxHalfPairs = 256;
    private readonly Dictionary<string, SpdyStream> _halfPairs = [];
    private readonly ConcurrentDictionary<int, Task> _forwarding = new();

    /// <summary>Serves pairs until the client ends the connection.</summary>
    public async Task RunAsync(SpdyConnection connection, CancellationToken cancellationToken)
    {
        await foreach (var stream in connection.Opened.ReadAllAsync(cancellationToken))
        {
            await AcceptAsync(stream, cancellationToken);
        }

        await Task.WhenAll(_forwarding.Values);
    }

    private async Task AcceptAsync(SpdyStream stream, CancellationToken cancellationToken)
    {
        var type = stream.Header("streamType");
        if (type is not ("data" or "error") || !TryPort(stream, out _))
        {
            await stream.ResetAsync(cancellationToken);
            return;
        }

        var request = RequestId(stream, type);
        if (_halfPairs.Remove(request, out var other))
        {
            if (other.Header("streamType") == type)
            {
                await stream.ResetAsync(cancellationToken);
                await other.ResetAsync(cancellationToken);
                return;
            }

            var (data, error) = type == "data" ? (stream, other) : (other, stream);
            _forwarding[data.Id] = ForwardAsync(data, error, cancellationToken);
        }
        else if (_halfPairs.Count < MaxHalfPairs)
        {
            _halfPairs[request] = stream;
        }
        else
        {
            await stream.ResetAsync(cancellationToken);
        }
    }

    private async Task ForwardAsync(SpdyStream data, SpdyStream error, CancellationToken cancellationToken)
    {
        await Task.Yield();
        TryPort(data, out var port);
        try
        {
            error.StopReading();
            await using var target = await connectToPort(port, cancellationToken);
            await new DuplexCopy(idleTimeout, time).RunAsync(data, target, endWithOther: false, cancellationToken);
            await data.CloseAsync(cancellationToken);
            await error.CloseAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            LogFailed(port, e.Message);
            await TryReportAsync(data, error, $"error forwarding port {port} to the pod: {e.Message}", cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The client is gone.
        }
        finally
        {
            _forwarding.TryRemove(data.Id, out _);
        }
    }

    private async Task TryReportAsync(SpdyStream data, SpdyStream error, string message, CancellationToken cancellationToken)
    {
        try
        {
            await error.WriteAsync(Encoding.UTF8.GetBytes(message), cancellationToken);
            await error.CloseAsync(cancellationToken);
            await data.ResetAsync(cancellationToken);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            LogFailed(0, e.Message);
        }
    }

    // Old clients send no request id; their pairs have ids that follow on each other, the error stream first.
    private static string RequestId(SpdyStream stream, string type) =>
        stream.Header("requestID") is { Length: > 0 } id ? id : (type == "error" ? stream.Id : stream.Id - 2).ToString(CultureInfo.InvariantCulture);

    private static bool TryPort(SpdyStream stream, out int port) =>
        int.TryParse(stream.Header("port"), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= 65535;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Forwarding port {Port} failed: {Reason}")]
    private partial void LogFailed(int port, string reason);
}
