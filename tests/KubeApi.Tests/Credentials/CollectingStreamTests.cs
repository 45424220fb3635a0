using NodeAgent.KubeApi.Credentials;
using NodeAgent.Testing;

namespace NodeAgent.KubeApi.Tests.Credentials;

public sealed class CollectingStreamTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly byte[] _buffer = new byte[100];

    [Fact]
    public async Task ReadAsync_ManySmallPieces_WaitsFromThenOnBeforeEach()
    {
        using var stream = New(pieces: 200, length: 10);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(ReadAsync(stream).IsCompleted);
        }

        for (var i = 0; i < 3; i++)
        {
            var waiting = ReadAsync(stream);
            Assert.False(waiting.IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(50));
            Assert.Equal(10, await waiting);
        }
    }

    [Fact]
    public void ReadAsync_SmallPiecesNowAndThen_NeverWaits()
    {
        using var stream = New(pieces: 500, length: 10);
        for (var i = 0; i < 500; i++)
        {
            Assert.True(ReadAsync(stream).IsCompleted);
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }
    }

    [Fact]
    public void ReadAsync_Bulk_NeverWaits()
    {
        using var stream = New(pieces: 500, length: 100);
        for (var i = 0; i < 500; i++)
        {
            Assert.True(ReadAsync(stream).IsCompleted);
        }
    }

    [Fact]
    public async Task Pause_GivenLater_CountsFromThenOn()
    {
        using var stream = new CollectingStream(new Pieces(500, 10), TimeSpan.Zero, _time);
        for (var i = 0; i < 300; i++)
        {
            Assert.True(ReadAsync(stream).IsCompleted);
        }

        stream.Pause = TimeSpan.FromMilliseconds(50);
        for (var i = 0; i < 100; i++)
        {
            Assert.True(ReadAsync(stream).IsCompleted);
        }

        var waiting = ReadAsync(stream);
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal(10, await waiting);
    }

    private Task<int> ReadAsync(CollectingStream stream) => stream.ReadAsync(_buffer).AsTask();

    private CollectingStream New(int pieces, int length) => new(new Pieces(pieces, length), TimeSpan.FromMilliseconds(50), _time);

    /// <summary>Gives one piece per read.</summary>
    private sealed class Pieces(int pieces, int length) : MemoryStream(new byte[pieces * length])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Read(buffer.Span[..length]));
    }
}
