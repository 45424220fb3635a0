namespace NodeAgent.KubeApi.Credentials;

/// <summary>
/// A connection, or an answer, on which small pieces come one after the other, as events of watches do while something is rolled out. After
/// many in a short time each read waits first, so that what came meanwhile is worked on together: to wake up for each costs
/// more than the work itself. What comes alone, and what comes in bulk, is not held up.
/// </summary>
/// <param name="pause">How long a read waits then; zero for not at all.</param>
internal sealed class CollectingStream(Stream inner, TimeSpan pause, TimeProvider time) : Stream
{
    /// <summary>Small pieces that may come at once without being held up, and the number to which that is made good in a second.</summary>
    private const double Burst = 100;

    private const double PerSecond = 10;
    private const int SmallBytes = 8 * 1024;
    private double _allowed = Burst;
    private long _last = time.GetTimestamp();

    /// <summary>How long a read waits after many small pieces. Another value counts anew.</summary>
    public TimeSpan Pause
    {
        get;
        set => (field, _allowed) = (value, value == field ? _allowed : Burst);
    } = pause;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_allowed < 1 && Pause > TimeSpan.Zero)
        {
            await Task.Delay(Pause, time, cancellationToken);
            _allowed = 1;
        }

        var read = await inner.ReadAsync(buffer, cancellationToken);
        if (read > 0)
        {
            var now = time.GetTimestamp();
            _allowed = Math.Min(Burst, _allowed + (time.GetElapsedTime(_last, now).TotalSeconds * PerSecond));
            _last = now;
            if (read < SmallBytes && read < buffer.Length)
            {
                _allowed--;
            }
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

    public override void Flush() => inner.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
