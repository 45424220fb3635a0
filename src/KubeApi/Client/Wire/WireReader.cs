using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace NodeAgent.KubeApi.Client.Wire;

/// <summary>Reads a stream through one pooled buffer that grows to the largest item and shrinks again.</summary>
internal sealed class WireReader(Stream stream) : IDisposable
{
    /// <summary>More than this in one object is no object: etcd takes 1.5 MiB, upstream's watch decoder 16 MiB.</summary>
    public const int MaxItemLength = 16 * 1024 * 1024;

    private const int SmallBuffer = 16 * 1024;
    private const int LargeBuffer = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    private int _start;
    private int _end;

    public int BufferedLength => _end - _start;

    public ReadOnlySpan<byte> Peek(int length) => _buffer.AsSpan(_start, length);

    public void Advance(int length)
    {
        _start += length;
        if (_start == _end)
        {
            _start = _end = 0;
        }
    }

    /// <summary>Waits until that many bytes are in the buffer; false when the stream has ended before the first of them.</summary>
    /// <exception cref="EndOfStreamException">The stream has ended in the middle.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> EnsureAsync(int length, CancellationToken cancellationToken)
    {
        if (BufferedLength >= length)
        {
            return true;
        }

        MakeRoom(length);
        while (BufferedLength < length)
        {
            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return BufferedLength == 0
                    ? false
                    : throw new EndOfStreamException($"the answer ended after {BufferedLength} of {length} bytes of an item");
            }

            _end += read;
        }

        return true;
    }

    /// <summary>Reads a varint; null at the end of the stream.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ulong?> ReadVarintAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (FieldReader.TryReadVarint(Peek(BufferedLength), out var value, out var length))
            {
                Advance(length);
                return value;
            }

            if (!await EnsureAsync(BufferedLength + 1, cancellationToken))
            {
                return null;
            }
        }
    }

    /// <summary>Waits for a whole length-prefixed frame and returns its length with the prefix consumed; -1 at a clean end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<int> ReadFrameAsync(CancellationToken cancellationToken)
    {
        if (!await EnsureAsync(sizeof(uint), cancellationToken))
        {
            return -1;
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(Peek(sizeof(uint)));
        if (length > MaxItemLength)
        {
            throw new InvalidDataException($"a watch frame claims {length} bytes (begins with \"{Envelope.Describe(Peek(BufferedLength))}\")");
        }

        Advance(sizeof(uint));
        await RequireAsync((int)length, cancellationToken);
        return (int)length;
    }

    /// <summary>Like <see cref="EnsureAsync"/> where the stream must not end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RequireAsync(int length, CancellationToken cancellationToken)
    {
        if (!await EnsureAsync(length, cancellationToken))
        {
            throw new EndOfStreamException($"the answer ended where {length} more bytes were due");
        }
    }

    public async ValueTask SkipAsync(long length, CancellationToken cancellationToken)
    {
        while (length > 0)
        {
            await RequireAsync(1, cancellationToken);
            var step = (int)Math.Min(length, BufferedLength);
            Advance(step);
            length -= step;
        }
    }

    /// <summary>Reads to the end, so that an HTTP/1.1 connection can be used again.</summary>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        while (await EnsureAsync(1, cancellationToken))
        {
            Advance(BufferedLength);
        }
    }

    /// <summary>Reads all that is left and returns it; valid until the next call.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadToEndAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_end == _buffer.Length || _start > 0)
            {
                MakeRoom(Math.Max(SmallBuffer, BufferedLength * 2));
            }

            var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
            if (read == 0)
            {
                return _buffer.AsMemory(_start, BufferedLength);
            }

            _end += read;
            if (BufferedLength > MaxItemLength)
            {
                throw new InvalidDataException($"the answer is longer than {MaxItemLength} bytes");
            }
        }
    }

    public void Dispose()
    {
        var buffer = _buffer;
        _buffer = [];
        _start = _end = 0;
        if (buffer.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void MakeRoom(int length)
    {
        var wanted = Math.Max(length, SmallBuffer);
        var tooLarge = _buffer.Length > LargeBuffer && wanted <= LargeBuffer / 2 && BufferedLength <= wanted;
        if (_buffer.Length >= length && !tooLarge)
        {
            if (_start > 0 && _buffer.Length - _start < length)
            {
                _buffer.AsSpan(_start, BufferedLength).CopyTo(_buffer);
                (_start, _end) = (0, BufferedLength);
            }

            return;
        }

        var next = ArrayPool<byte>.Shared.Rent(wanted);
        _buffer.AsSpan(_start, BufferedLength).CopyTo(next);
        (_start, _end) = (0, BufferedLength);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
    }
}
