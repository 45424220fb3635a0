using System.Buffers.Binary;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Tests.Streaming;

public sealed class SpdyConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private Stream _client = Stream.Null;
    private Stream _server = Stream.Null;
    private SpdyConnection? _connection;
    private Task _running = Task.CompletedTask;

    private SpdyTestClient Client { get; set; } = new(Stream.Null);

    public async Task InitializeAsync()
    {
        (_client, _server) = await DuplexPair.CreateAsync();
        Client = new SpdyTestClient(_client);
        _connection = new SpdyConnection(_server);
        _running = _connection.RunAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
        _connection!.Dispose();
    }

    private Task<SpdyStream> OpenedAsync() => _connection!.Opened.ReadAsync().AsTask().WaitAsync(Patience);

    [Fact]
    public void Dictionary_Bytes_HaveTheProtocolsChecksum()
    {
        var (a, b) = (1u, 0u);
        foreach (var value in HeaderDictionary.Bytes)
        {
            a = (a + value) % 65521;
            b = (b + a) % 65521;
        }

        Assert.Equal(1423, HeaderDictionary.Bytes.Length);
        Assert.Equal(HeaderDictionary.Adler32, (b << 16) | a);
    }

    [Fact]
    public void Headers_WrittenAndRead_AreTheSameBlockAfterBlock()
    {
        var (writer, reader) = (new HeaderWriter(), new HeaderReader());
        foreach (var value in new[] { "stdin", "stdout", "" })
        {
            var headers = reader.Read(writer.Write(new Dictionary<string, string> { ["streamType"] = value, ["port"] = "80" }));

            Assert.Equal(value, headers["streamtype"]);
            Assert.Equal("80", headers["port"]);
        }
    }

    [Fact]
    public void Headers_EveryBlock_EndsWithASyncFlush()
    {
        var writer = new HeaderWriter();

        Assert.Equal([0, 0, 0, 0xFF, 0xFF], writer.Write(new Dictionary<string, string>())[^5..]);
        Assert.Equal([0, 0, 0, 0xFF, 0xFF], writer.Write(new Dictionary<string, string>())[^5..]);
    }

    [Fact]
    public async Task Open_SeveralStreams_HeadersOfEachAndReplies()
    {
        await Client.OpenAsync(1, ("streamtype", "error"), ("requestid", "0"));
        await Client.OpenAsync(3, ("streamtype", "data"), ("requestid", "0"));

        var (first, second) = (await OpenedAsync(), await OpenedAsync());

        Assert.Equal((1, "error", "0"), (first.Id, first.Header("streamType"), first.Header("requestID")));
        Assert.Equal((3, "data"), (second.Id, second.Header("streamType")));
        Assert.Equal(FrameType.SynReply, (await Client.ReadAsync()).Header.Type);
        Assert.Equal(FrameType.SynReply, (await Client.ReadAsync()).Header.Type);
    }

    [Fact]
    public async Task Data_BothWays_ArrivesAndEnds()
    {
        await Client.OpenAsync(1, ("streamtype", "stdin"));
        await Client.SendDataAsync(1, "hello ");
        await Client.SendDataAsync(1, "you", fin: true);
        var stream = await OpenedAsync();

        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync().WaitAsync(Patience);
        await stream.WriteAsync(new byte[70_000]);
        await stream.CloseAsync(CancellationToken.None);

        Assert.Equal("hello you", text);
        Assert.Equal(FrameType.SynReply, (await Client.ReadAsync()).Header.Type);
        var lengths = new List<int>();
        (FrameHeader Header, byte[] Body) frame;
        do
        {
            frame = await Client.ReadAsync();
            lengths.Add(frame.Body.Length);
        }
        while (frame.Header.Flags != FrameHeader.Fin);
        Assert.Equal(70_000, lengths.Sum());
        await Assert.ThrowsAsync<IOException>(() => stream.WriteAsync("late"u8.ToArray()).AsTask());
    }

    [Fact]
    public async Task Data_NobodyReads_DroppedAfterStopReading()
    {
        await Client.OpenAsync(1, ("streamtype", "stdin"));
        var stream = await OpenedAsync();
        stream.StopReading();

        for (var i = 0; i < 100; i++)
        {
            await Client.SendDataAsync(1, new string('x', 10_000));
        }

        await Client.OpenAsync(3, ("streamtype", "after"));
        Assert.Equal("after", (await OpenedAsync()).Header("streamType"));
    }

    [Fact]
    public async Task Reset_ByClient_EndsTheStreamOnly()
    {
        await Client.OpenAsync(1, ("streamtype", "data"));
        var stream = await OpenedAsync();
        var body = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(body, 1);
        await Client.SendAsync(FrameType.RstStream, 0, body);

        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        await Client.OpenAsync(3, ("streamtype", "data"));
        Assert.Equal(3, (await OpenedAsync()).Id);
    }

    [Fact]
    public async Task Ping_OfClient_IsAnswered()
    {
        await Client.SendAsync(FrameType.Ping, 0, [0, 0, 0, 7]);

        var (header, body) = await Client.ReadAsync().WaitAsync(Patience);

        Assert.Equal(FrameType.Ping, header.Type);
        Assert.Equal([0, 0, 0, 7], body);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public async Task Open_IdThatClientsMayNotUse_IsReset(int id)
    {
        await Client.OpenAsync(id, ("streamtype", "data"));

        Assert.Equal(FrameType.RstStream, (await Client.ReadAsync().WaitAsync(Patience)).Header.Type);
    }

    [Fact]
    public async Task Frame_UnknownTypes_AreSkipped()
    {
        await Client.SendAsync(FrameType.WindowUpdate, 0, new byte[8]);
        await Client.SendAsync(FrameType.Settings, 0, new byte[4]);
        await Client.SendAsync((FrameType)77, 0, new byte[40]);
        await Client.SendDataAsync(99, "for nobody");
        await Client.OpenAsync(1, ("streamtype", "data"));

        Assert.Equal(1, (await OpenedAsync()).Id);
    }

    [Fact]
    public async Task Frame_OtherVersionOrTooLargeOrGarbage_EndsTheConnection()
    {
        foreach (var bad in new byte[][]
        {
            [0x80, 2, 0, 1, 0, 0, 0, 0],
            [0, 0, 0, 1, 0, 0xFF, 0xFF, 0xFF],
            [0x80, 3, 0, 1, 0, 0, 0, 2, 0, 0],
            [0x80, 3, 0, 1, 0, 0, 0, 14, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4],
        })
        {
            var (one, other) = await DuplexPair.CreateAsync();
            await using (one)
            await using (other)
            using (var connection = new SpdyConnection(other))
            {
                var running = connection.RunAsync(CancellationToken.None);
                await one.WriteAsync(bad);

                await Assert.ThrowsAsync<SpdyException>(() => running.WaitAsync(Patience));
                Assert.False(await connection.Opened.WaitToReadAsync());
            }
        }
    }

    [Fact]
    public void Headers_BombOfZeroes_IsRefused()
    {
        var bomb = new SpdyTestClient(Stream.Null).Compress(new byte[1 << 20]);

        Assert.Throws<SpdyException>(() => new HeaderReader().Read(bomb));
    }

    [Fact]
    public async Task Connection_ClientLeaves_StreamsEnd()
    {
        await Client.OpenAsync(1, ("streamtype", "stdin"));
        var stream = await OpenedAsync();
        await Client.ReadAsync();
        await _client.DisposeAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Patience));
        await _running.WaitAsync(Patience);
    }
}
