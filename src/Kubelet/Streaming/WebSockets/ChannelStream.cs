using System.IO.Pipelines;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>One channel of a connection.</summary>
internal sealed class ChannelStream : Stream
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

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reader.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Sends the data; nothing to send is a message too.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => _connection.SendAsync(_number, buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
