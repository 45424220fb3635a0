using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Threading.Channels;

namespace NodeAgent.Kubelet.Streaming.Spdy;

/// <summary>One end of a SPDY/3.1 connection as Kubernetes' clients and servers talk it: the end that clients open streams on, or a client's.</summary>
/// <remarks>
/// Those clients know no flow-control windows: they send what they have and ignore WINDOW_UPDATE. So does this end. A stream
/// whose reader is slow holds the whole connection back.
/// </remarks>
/// <param name="transport">What the frames go over; not disposed here.</param>
/// <param name="idle">Told of every frame.</param>
internal sealed class SpdyConnection(Stream transport, IdleLimit? idle = null) : IDisposable
{
    private const int MaxFrame = 1 << 20;
    private const int MaxOpenStreams = 1024;
    private const int MaxDataPerFrame = 32 * 1024;
    private const int SynReplyFields = 4;
    private const int SynStreamFields = 10;
    private const int ProtocolError = 1;
    private const int RefusedStream = 3;
    private static readonly Dictionary<string, string> NoHeaders = [];

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly HeaderReader _headerReader = new();
    private readonly HeaderWriter _headerWriter = new();
    private readonly ConcurrentDictionary<int, SpdyStream> _streams = new();
    private readonly Channel<SpdyStream> _opened = Channel.CreateBounded<SpdyStream>(new BoundedChannelOptions(MaxOpenStreams) { FullMode = BoundedChannelFullMode.Wait });
    private int _lastStreamId;
    private int _nextOwnStreamId = 1;

    /// <summary>The streams that the client opens, in their order; it ends with the connection.</summary>
    public ChannelReader<SpdyStream> Opened => _opened.Reader;

    /// <summary>Reads frames until the client ends the connection.</summary>
    /// <exception cref="IOException">The connection broke, or the client broke the protocol.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var header = new byte[FrameHeader.Size];
            while (await transport.ReadAtLeastAsync(header, header.Length, throwOnEndOfStream: false, cancellationToken) == header.Length)
            {
                await HandleAsync(FrameHeader.Read(header), cancellationToken);
            }
        }
        finally
        {
            _opened.Writer.TryComplete();
            foreach (var stream in _streams.Values)
            {
                stream.Abort();
            }
        }
    }

    /// <summary>A client's: opens a stream. Not to be called twice at once.</summary>
    /// <param name="headers">Names in lower case.</param>
    /// <param name="cancellationToken">Breaks the connection when it is cancelled in the middle of a frame.</param>
    public async Task<SpdyStream> OpenStreamAsync(IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        var stream = new SpdyStream(this, _nextOwnStreamId, headers);
        _nextOwnStreamId += 2;
        _streams[stream.Id] = stream;
        await WriteHeadersAsync(FrameType.SynStream, stream.Id, SynStreamFields, headers, cancellationToken);
        return stream;
    }

    public async Task GoAwayAsync(CancellationToken cancellationToken)
    {
        var body = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(body, _lastStreamId);
        await WriteFrameAsync(new FrameHeader(FrameType.GoAway, 0, 0, body.Length), body, cancellationToken);
    }

    public void Dispose() => _writing.Dispose();

    internal async ValueTask WriteDataAsync(int streamId, ReadOnlyMemory<byte> data, bool fin, CancellationToken cancellationToken)
    {
        do
        {
            var part = data[..Math.Min(data.Length, MaxDataPerFrame)];
            data = data[part.Length..];
            await WriteFrameAsync(new FrameHeader(null, streamId, fin && data.IsEmpty ? FrameHeader.Fin : (byte)0, part.Length), part, cancellationToken);
        }
        while (!data.IsEmpty);
    }

    internal async ValueTask ResetAsync(int streamId, int status, CancellationToken cancellationToken)
    {
        _streams.TryRemove(streamId, out _);
        var body = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(body, streamId);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(4), status);
        await WriteFrameAsync(new FrameHeader(FrameType.RstStream, 0, 0, body.Length), body, cancellationToken);
    }

    /// <summary>Both ends are done with the stream.</summary>
    internal void Forget(int streamId) => _streams.TryRemove(streamId, out _);

    private async Task HandleAsync(FrameHeader header, CancellationToken cancellationToken)
    {
        idle?.Touch();
        if (header.Length > MaxFrame)
        {
            throw new SpdyException($"a frame of {header.Length} bytes is larger than the {MaxFrame} that are taken");
        }

        var buffer = ArrayPool<byte>.Shared.Rent(header.Length);
        try
        {
            var body = buffer.AsMemory(0, header.Length);
            await transport.ReadExactlyAsync(body, cancellationToken);
            if (header.Type is { } type)
            {
                await HandleControlAsync(type, header.Flags, body, cancellationToken);
            }
            else if (_streams.TryGetValue(header.StreamId, out var stream))
            {
                await stream.ReceiveAsync(body, (header.Flags & FrameHeader.Fin) != 0, cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task HandleControlAsync(FrameType type, byte flags, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        switch (type)
        {
            case FrameType.SynStream:
                await OpenAsync(StreamId(body), _headerReader.Read(body[Least(body, SynStreamFields)..].ToArray()), flags, cancellationToken);
                break;
            case FrameType.Headers or FrameType.SynReply:
                // Nothing in them is of use, but the compression goes on from them.
                _headerReader.Read(body[Least(body, SynReplyFields)..].ToArray());
                break;
            case FrameType.RstStream when _streams.TryRemove(StreamId(body), out var stream):
                stream.Abort();
                break;
            case FrameType.Ping when (StreamId(body) & 1) == 1:
                await WriteFrameAsync(new FrameHeader(FrameType.Ping, 0, 0, body.Length), body, cancellationToken);
                break;
            default:
                // SETTINGS, WINDOW_UPDATE, GOAWAY before the end of the connection, and what a later version may have.
                break;
        }
    }

    private async Task OpenAsync(int id, IReadOnlyDictionary<string, string> headers, byte flags, CancellationToken cancellationToken)
    {
        if ((id & 1) == 0 || id <= _lastStreamId)
        {
            await ResetAsync(id, ProtocolError, cancellationToken);
            return;
        }

        _lastStreamId = id;
        if (_streams.Count >= MaxOpenStreams)
        {
            await ResetAsync(id, RefusedStream, cancellationToken);
            return;
        }

        var stream = new SpdyStream(this, id, headers);
        _streams[id] = stream;
        if ((flags & FrameHeader.Fin) != 0)
        {
            await stream.ReceiveAsync(default, fin: true, cancellationToken);
        }

        await WriteHeadersAsync(FrameType.SynReply, id, SynReplyFields, NoHeaders, cancellationToken);
        await _opened.Writer.WriteAsync(stream, cancellationToken);
    }

    private async Task WriteHeadersAsync(FrameType type, int id, int fields, IReadOnlyDictionary<string, string> headers, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            idle?.Touch();

            // Written under the lock: header blocks must go out in the order in which they were compressed.
            var block = _headerWriter.Write(headers);
            var frame = new byte[FrameHeader.Size + fields + block.Length];
            new FrameHeader(type, 0, 0, fields + block.Length).Write(frame);
            BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(FrameHeader.Size), id);
            block.CopyTo(frame, FrameHeader.Size + fields);
            await transport.WriteAsync(frame, cancellationToken);
            await transport.FlushAsync(cancellationToken);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask WriteFrameAsync(FrameHeader header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var length = FrameHeader.Size + body.Length;
        var frame = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            header.Write(frame);
            body.CopyTo(frame.AsMemory(FrameHeader.Size));
            await _writing.WaitAsync(cancellationToken);
            try
            {
                idle?.Touch();
                await transport.WriteAsync(frame.AsMemory(0, length), cancellationToken);
                await transport.FlushAsync(cancellationToken);
            }
            finally
            {
                _writing.Release();
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    private static int StreamId(ReadOnlyMemory<byte> body) => BinaryPrimitives.ReadInt32BigEndian(body.Span[..Least(body, 4)]) & 0x7FFF_FFFF;

    private static int Least(ReadOnlyMemory<byte> body, int length) =>
        body.Length >= length ? length : throw new SpdyException($"a control frame of {body.Length} bytes is too short");
}
