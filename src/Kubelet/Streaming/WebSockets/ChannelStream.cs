using System.IO.Pipelines;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>One channel of a connection.</summary>
internal sealed class ChannelStream : DuplexStream
{
    private const int BufferLimit = 256 * 1024;

    private readonly ChannelConnection _connection;
    private readonly int _number;
    private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: BufferLimit, resumeWriterThreshold: BufferLimit / 2, useSynchronizationContext: false));
    private readonly Stream _reader;
    private bool _ended;

    public ChannelStream(ChannelConnection connection, int number)
    {
        _connection = connection;
        _number = number;
        _reader = _received.Reader.AsStream();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reader.ReadAsync(buffer, cancellationToken);

    /// <summary>Sends the data; nothing to send is a message too.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _connection.SendAsync(_number, buffer, cancellationToken);

    /// <summary>From now on nobody reads: what still comes is dropped and holds nothing back.</summary>
    public void StopReading() => _received.Reader.Complete();

    /// <summary>Called by the connection's reader only.</summary>
    internal async ValueTask ReceiveAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (!_ended)
        {
            await _received.Writer.WriteAsync(data, cancellationToken);
        }
    }

    /// <summary>The client sends no more. Called by the connection's reader only.</summary>
    internal ValueTask EndAsync()
    {
        _ended = true;
        return _received.Writer.CompleteAsync();
    }
}
