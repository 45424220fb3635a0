using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Kubelet.Streaming.Ports;
using NodeAgent.Kubelet.Streaming.Spdy;

namespace NodeAgent.Kubelet.Tests.Streaming;

public sealed class PortForwardSessionTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static async Task RunAsync(Func<int, CancellationToken, Task<Stream>> connect, Func<SpdyTestClient, Task> drive)
    {
        var (one, other) = await DuplexPair.CreateAsync();
        await using (other)
        using (var connection = new SpdyConnection(other))
        {
            var reading = connection.RunAsync(CancellationToken.None);
            var serving = new PortForwardSession(connect, TimeSpan.FromMinutes(1), TimeProvider.System, NullLogger.Instance).RunAsync(connection, CancellationToken.None);
            await using (one)
            {
                await drive(new SpdyTestClient(one)).WaitAsync(Patience);
            }

            // Whether the end is clean depends on what the client left unread.
            await reading.WaitAsync(Patience).ContinueWith(_ => { }, TaskScheduler.Default);
            await serving.WaitAsync(Patience);
        }
    }

    private static async Task<Dictionary<int, string>> ReadUntilAsync(SpdyTestClient client, Func<Dictionary<int, string>, int, bool> done)
    {
        var (data, ended) = (new Dictionary<int, string>(), 0);
        while (!done(data, ended))
        {
            var (header, body) = await client.ReadAsync();
            if (header.Type is null)
            {
                data[header.StreamId] = data.GetValueOrDefault(header.StreamId, "") + Encoding.UTF8.GetString(body);
                ended += header.Flags & FrameHeader.Fin;
            }
        }

        return data;
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_PairOfStreams_JoinedToThePort(bool withRequestId)
    {
        var (target, inPod) = await DuplexPair.CreateAsync();
        var port = 0;
        var request = withRequestId ? ("requestid", "7") : ("x", "y");
        await RunAsync(
            (asked, _) =>
            {
                port = asked;
                return Task.FromResult(target);
            },
            async client =>
            {
                await client.OpenAsync(1, ("streamtype", "error"), ("port", "8080"), request);
                await client.OpenAsync(3, ("streamtype", "data"), ("port", "8080"), request);
                await client.SendDataAsync(3, "ping");
                var received = new byte[4];
                await inPod.ReadExactlyAsync(received);
                await inPod.WriteAsync("pong"u8.ToArray());
                await inPod.DisposeAsync();
                var data = await ReadUntilAsync(client, (_, ended) => ended == 2);

                Assert.Equal("ping", Encoding.UTF8.GetString(received));
                Assert.Equal("pong", data[3]);
                Assert.Equal("", data[1]);
            });

        Assert.Equal(8080, port);
    }

    [Fact]
    public async Task Run_NobodyListens_ErrorStreamSaysSo() => await RunAsync(
        (_, _) => Task.FromException<Stream>(new IOException("connection refused")),
        async client =>
        {
            await client.OpenAsync(1, ("streamtype", "error"), ("port", "81"), ("requestid", "1"));
            await client.OpenAsync(3, ("streamtype", "data"), ("port", "81"), ("requestid", "1"));

            var data = await ReadUntilAsync(client, (_, ended) => ended == 1);

            Assert.Equal("error forwarding port 81 to the pod: connection refused", data[1]);
        });

    [Theory]
    [InlineData("data", "0")]
    [InlineData("data", "65536")]
    [InlineData("data", "")]
    [InlineData("other", "80")]
    public async Task Run_BadStream_IsReset(string type, string port) => await RunAsync(
        (_, _) => Task.FromException<Stream>(new InvalidOperationException("not to be called")),
        async client =>
        {
            await client.OpenAsync(1, ("streamtype", type), ("port", port));

            while ((await client.ReadAsync()).Header.Type != FrameType.RstStream)
            {
            }
        });
}
