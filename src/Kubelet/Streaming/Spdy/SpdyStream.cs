using System.IO.Pipelines;

namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>One stream of a connection. Each end closes its own direction; disposing closes this end's.</summary>
internal sealed class SpdyStream : DuplexStream
{
    private const int CancelStatus = 5;
    private const int BufferLimit = 256 * 1024;

    private readonly SpdyConnection _connection;
    private readonly Pipe _received = new(new PipeOptions(pauseWriterThreshold: BufferLimit, resumeWriterThreshold: BufferLimit / 2, useSynchronizationContext: false));
    private readonly Stream _reader;
    private int _remoteDone;
    private int _localDone;

    public SpdyStream(SpdyConnection connection, int id, IReadOnlyDictionary<string, string> headers)
    {
        _connection = connection;
        Id = id;
        Headers = headers;
        _reader = _received.Reader.AsStream();
    }

    public int Id { get; }

    /// <summary>The headers that it was opened with; names in any case.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    public string Header(string name) => Headers.TryGetValue(name, out var value) ? value : "";

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _reader.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_localDone != 0)
        {
            throw new IOException($"stream {Id} is closed");
        }

        if (!buffer.IsEmpty)
        {
            await _connection.WriteDataAsync(Id, buffer, fin: false, cancellationToken);
        }
    }

    /// <summary>Says that this end sends no more. What the client sends from now on is dropped when nobody reads it.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _localDone, 1) == 0)
        {
            await _connection.WriteDataAsync(Id, default, fin: true, cancellationToken);
            ForgetWhenDone();
        }
    }

    /// <summary>Tells the client that the stream has failed.</summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        var wasOpen = Interlocked.Exchange(ref _localDone, 1) == 0;
        Abort();
        if (wasOpen)
        {
            await _connection.ResetAsync(Id, CancelStatus, cancellationToken);
        }
    }

    /// <summary>From now on nobody reads: what still comes is dropped and holds nothing back.</summary>
    public void StopReading() => _received.Reader.Complete();

    internal async Task ReceiveAsync(ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        if (_remoteDone != 0)
        {
            return;
        }

        if (!data.IsEmpty)
        {
            await _received.Writer.WriteAsync(data, cancellationToken);
        }

        if (fin && Interlocked.Exchange(ref _remoteDone, 1) == 0)
        {
            await _received.Writer.CompleteAsync();
            ForgetWhenDone();
        }
    }

    /// <summary>The client has given the stream up, or the connection is gone.</summary>
    internal void Abort()
    {
        Interlocked.Exchange(ref _localDone, 1);
        if (Interlocked.Exchange(ref _remoteDone, 1) == 0)
        {
            _received.Writer.Complete();
        }
    }

    private void ForgetWhenDone()
    {
        if (_localDone != 0 && _remoteDone != 0)
        {
            _connection.Forget(Id);
        }
    }
}
