using System.Buffers.Binary;

namespace NodeAgent.ContainerRuntime.Docker.Engine;

/// <summary>The output of a process on a hijacked connection: with a terminal raw bytes, else frames that name stdout or stderr.</summary>
/// <remarks>One reader at a time; writing and reading may go on beside each other.</remarks>
internal sealed class MultiplexedStream(HijackedConnection connection, bool multiplexed) : IAsyncDisposable
{
    private readonly byte[] _header = new byte[8];
    private int _remaining;
    private TargetStream _target = TargetStream.StandardOut;

    public enum TargetStream
    {
        StandardIn = 0,
        StandardOut = 1,
        StandardError = 2,

        /// <summary>An error of the engine itself.</summary>
        SystemError = 3,
    }

    public readonly record struct ReadResult(int Count, TargetStream Target)
    {
        public bool EOF => Count == 0;
    }

    public async Task<ReadResult> ReadOutputAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (!multiplexed)
        {
            return new ReadResult(await connection.ReadAsync(buffer, cancellationToken), TargetStream.StandardOut);
        }

        while (_remaining == 0)
        {
            if (!await ReadHeaderAsync(cancellationToken))
            {
                return new ReadResult(0, _target);
            }
        }

        var count = await connection.ReadAsync(buffer[..Math.Min(buffer.Length, _remaining)], cancellationToken);
        if (count == 0)
        {
            throw new EndOfStreamException("the engine closed the connection within a frame");
        }

        _remaining -= count;
        return new ReadResult(count, _target);
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken) => connection.WriteAsync(buffer, cancellationToken);

    public void CloseWrite() => connection.CloseWrite();

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private async Task<bool> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        for (var read = 0; read < _header.Length;)
        {
            var count = await connection.ReadAsync(_header.AsMemory(read), cancellationToken);
            if (count == 0)
            {
                return read == 0 ? false : throw new EndOfStreamException("the engine closed the connection within a frame's header");
            }

            read += count;
        }

        _target = (TargetStream)_header[0];
        _remaining = checked((int)BinaryPrimitives.ReadUInt32BigEndian(_header.AsSpan(4)));
        return _target <= TargetStream.SystemError
            ? true
            : throw new InvalidDataException($"the engine sent a frame for stream {_header[0]}, which does not exist");
    }
}
