using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using NodeAgent.Kubelet.Streaming;
using NodeAgent.Kubelet.Streaming.Spdy;
using NodeAgent.Kubelet.Streaming.WebSockets;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Streaming;

/// <summary>Every WebSocket protocol that clients of the API know, with the streams ending here and with an engine behind.</summary>
public sealed class WebSocketStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public static TheoryData<string, bool> CommandProtocols
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var protocol in ChannelProtocol.Commands)
            {
                data.Add(protocol.Name, false);
                data.Add(protocol.Name, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(CommandProtocols))]
    public async Task Exec_AnyProtocol_OutputErrorAndExitCode(string protocol, bool onEngine)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine);

        var channels = await RunAsync(kubelet, protocol, "output=1&error=1", ["sh", "-c", "echo out; echo err >&2; exit 7"]);

        Assert.Equal("out\n", Text(channels, 1));
        Assert.Equal("err\n", Text(channels, 2));
        var report = Text(channels, 3);
        if (ChannelProtocol.Commands.Single(p => p.Name == protocol).ReportsStatus)
        {
            using var status = JsonDocument.Parse(report);
            Assert.Equal("7", status.RootElement.GetProperty("details").GetProperty("causes")[0].GetProperty("message").GetString());
        }
        else
        {
            Assert.Equal("command terminated with non-zero exit code: exit code 7", report);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exec_V5_BinaryBothWaysAndStdinCloses(bool onEngine)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine);
        var sent = RandomNumberGenerator.GetBytes(1_500_000);

        var channels = await RunAsync(kubelet, ChannelProtocol.V5Name, "input=1&output=1", ["cat"], async socket =>
        {
            // Far more than what any buffer on the way holds, before the process has begun.
            for (var at = 0; at < sent.Length; at += 100_000)
            {
                await SendAsync(socket, 0, sent.AsMemory(at, 100_000));
            }

            await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
        });

        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(channels[1].ToArray())));
        Assert.Contains("Success", Text(channels, 3), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v4.channel.k8s.io")]
    [InlineData("v5.channel.k8s.io")]
    public async Task Exec_Terminal_SizesArrive(string protocol)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine: false);

        await RunAsync(kubelet, protocol, "input=1&output=1&tty=1", ["sh", "-c", "read line; echo $line"], async socket =>
        {
            await SendAsync(socket, 4, """{"Width":120,"Height":40}"""u8.ToArray());
            await WaitAsync(() => kubelet.Processes is [{ Sizes.Count: > 0 }]);
            await SendAsync(socket, 0, "done\n"u8.ToArray());
        });

        Assert.Equal([(120, 40)], kubelet.Processes[0].Sizes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Exec_ClientVanishes_ProcessIsLetGo(bool onEngine)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine);
        var started = (kubelet.Engine ?? kubelet).Processes;
        using (var socket = await ConnectAsync(kubelet, "/exec/default/web/main?output=1&command=sleep&command=1000", ChannelProtocol.V5Name))
        {
            await WaitAsync(() => started.Count == 1);
            socket.Abort();
        }

        await started[0].Disposed.Task.WaitAsync(Patience);
        Assert.True(started[0].HasExited);
    }

    [Theory]
    [InlineData(false, "v5.channel.k8s.io")]
    [InlineData(true, "v5.channel.k8s.io")]
    [InlineData(true, "v4.channel.k8s.io")]
    public async Task Exec_NothingSaid_EndsAfterTheIdleTimeout(bool onEngine, string protocol)
    {
        var time = new FakeTimeProvider();
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine, TimeSpan.FromMinutes(5), time);
        var started = (kubelet.Engine ?? kubelet).Processes;
        using var socket = await ConnectAsync(kubelet, "/exec/default/web/main?output=1&command=sleep&command=1000", protocol);
        await WaitAsync(() => started.Count == 1);

        // The connections on the way may come up one after the other: each has its own clock.
        await WaitAsync(() =>
        {
            time.Advance(TimeSpan.FromMinutes(5));
            return started[0].Disposed.Task.IsCompleted;
        });
    }

    [Theory]
    [InlineData("v9.channel.k8s.io")]
    [InlineData("v5.base64.channel.k8s.io")]
    public async Task Exec_UnknownProtocol_IsForbidden(string protocol)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine: false);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(kubelet, "/exec/default/web/main?output=1&command=true", protocol));

        Assert.Contains("403", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 255 })]
    [InlineData(new byte[] { 255, 0, 0 })]
    public async Task Exec_BrokenCloseSignal_EndsTheConnection(byte[] message)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine: false);
        using var socket = await ConnectAsync(kubelet, "/exec/default/web/main?input=1&output=1&command=cat", ChannelProtocol.V5Name);

        await socket.SendAsync(message, WebSocketMessageType.Binary, true, CancellationToken.None);

        await WaitAsync(() => kubelet.Processes.Count == 1);
        await kubelet.Processes[0].Disposed.Task.WaitAsync(Patience);
    }

    [Theory]
    [InlineData("v4.channel.k8s.io", false)]
    [InlineData("v4.base64.channel.k8s.io", false)]
    [InlineData("", false)]
    [InlineData("v4.channel.k8s.io", true)]
    public async Task PortForward_Channels_ReachTheirPorts(string protocol, bool onEngine)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine);
        using var inPod = new TcpListener(IPAddress.Loopback, 0);
        inPod.Start();
        var port = ((IPEndPoint)inPod.LocalEndpoint).Port;
        using var socket = await ConnectAsync(kubelet, $"/portForward/default/web?port={port}&port=1", protocol);
        var reader = new ChannelReader(socket, protocol.Contains("base64", StringComparison.Ordinal));
        await SendAsync(socket, 0, "ping"u8.ToArray(), reader.IsBase64);
        using (var connection = await inPod.AcceptTcpClientAsync().WaitAsync(Patience))
        {
            var got = new byte[4];
            await connection.GetStream().ReadExactlyAsync(got);
            Assert.Equal("ping"u8.ToArray(), got);
            await connection.GetStream().WriteAsync("pong"u8.ToArray());
        }

        var channels = await reader.ReadToEndAsync();

        var prefix = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(prefix, (ushort)port);
        Assert.Equal([.. prefix, .. "pong"u8], channels[0].ToArray());
        Assert.Equal(prefix, channels[1].ToArray());
        Assert.Equal([1, 0], channels[2].ToArray());
        Assert.Contains("port 1", Text(channels, 3)[2..], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PortForward_Tunnel_CarriesSpdy(bool onEngine)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine);
        using var inPod = new TcpListener(IPAddress.Loopback, 0);
        inPod.Start();
        var port = ((IPEndPoint)inPod.LocalEndpoint).Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await using var transport = await ConnectTunnelAsync(kubelet);
        using var spdy = new SpdyConnection(transport);
        using var stop = new CancellationTokenSource();
        var reading = spdy.RunAsync(stop.Token);
        var error = await spdy.OpenStreamAsync(new Dictionary<string, string> { ["streamtype"] = "error", ["port"] = port, ["requestid"] = "0" }, stop.Token);
        var data = await spdy.OpenStreamAsync(new Dictionary<string, string> { ["streamtype"] = "data", ["port"] = port, ["requestid"] = "0" }, stop.Token);
        await error.CloseAsync(stop.Token);
        using var connection = await inPod.AcceptTcpClientAsync().WaitAsync(Patience);

        // The client ends its half first; the answer still arrives.
        await data.WriteAsync("ping"u8.ToArray());
        await data.CloseAsync(stop.Token);
        var got = new MemoryStream();
        await connection.GetStream().CopyToAsync(got).WaitAsync(Patience);
        await connection.GetStream().WriteAsync("pong"u8.ToArray());
        connection.Client.Shutdown(SocketShutdown.Send);
        var answer = new MemoryStream();
        await data.CopyToAsync(answer).WaitAsync(Patience);

        Assert.Equal("ping"u8.ToArray(), got.ToArray());
        Assert.Equal("pong"u8.ToArray(), answer.ToArray());
        Assert.Equal(0, await error.ReadAsync(new byte[100]).AsTask().WaitAsync(Patience));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?port=0")]
    [InlineData("?port=x")]
    [InlineData("?port=80,65536")]
    public async Task PortForward_BadPorts_AreRefused(string query)
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine: false);

        var refused = await Assert.ThrowsAsync<WebSocketException>(() => ConnectAsync(kubelet, "/portForward/default/web" + query, "v4.channel.k8s.io"));

        Assert.Contains("400", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exec_TwoHundredAtOnce_AllAreServed()
    {
        await using var kubelet = await StreamingKubelet.StartAsync(onEngine: false);
        var sockets = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => ConnectAsync(kubelet, "/exec/default/web/main?input=1&output=1&command=cat", ChannelProtocol.V5Name)));

        var answers = await Task.WhenAll(sockets.Select(async (socket, i) =>
        {
            await SendAsync(socket, 0, Encoding.UTF8.GetBytes($"client {i}"));
            await socket.SendAsync(new byte[] { 255, 0 }, WebSocketMessageType.Binary, true, CancellationToken.None);
            return Text(await new ChannelReader(socket, isBase64: false).ReadToEndAsync(), 1);
        }));

        Assert.Equal(Enumerable.Range(0, 200).Select(i => $"client {i}"), answers);
        Assert.All(sockets, s => s.Dispose());
        Assert.All(kubelet.Processes, p => Assert.True(p.HasExited));
    }

    private static async Task<Dictionary<int, MemoryStream>> RunAsync(StreamingKubelet kubelet, string protocol, string options, string[] command, Func<WebSocket, Task>? drive = null)
    {
        var query = options + string.Concat(command.Select(c => "&command=" + Uri.EscapeDataString(c)));
        using var socket = await ConnectAsync(kubelet, $"/exec/default/web/main?{query}", protocol);
        var reading = new ChannelReader(socket, protocol.Contains("base64", StringComparison.Ordinal)).ReadToEndAsync();
        await (drive?.Invoke(socket) ?? Task.CompletedTask);
        return await reading;
    }

    private static async Task<ClientWebSocket> ConnectAsync(StreamingKubelet kubelet, string path, string protocol)
    {
        var socket = new ClientWebSocket();
        if (protocol.Length > 0)
        {
            socket.Options.AddSubProtocol(protocol);
        }

        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{kubelet.Port}{path}"), CancellationToken.None).WaitAsync(Patience);
        Assert.Equal(protocol, socket.SubProtocol ?? "");
        return socket;
    }

    /// <summary>.NET's client, too, refuses the name of the tunnel's protocol.</summary>
    private static async Task<MessageStream> ConnectTunnelAsync(StreamingKubelet kubelet)
    {
        var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, kubelet.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            "GET /portForward/default/web HTTP/1.1\r\nHost: kubelet\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {ChannelProtocol.TunnelName}\r\n\r\n"));
        var head = await ResponseHead.ReadAsync(stream, 4096, CancellationToken.None);
        Assert.Equal(101, head.StatusCode);
        Assert.Contains(("Sec-WebSocket-Protocol", ChannelProtocol.TunnelName), head.Headers);
        Assert.Contains(("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), head.Headers);
        return new MessageStream(WebSocket.CreateFromStream(new PrefixedStream(head.Rest, stream), new WebSocketCreationOptions { IsServer = false }));
    }

    private static Task SendAsync(WebSocket socket, int channel, ReadOnlyMemory<byte> data, bool base64 = false) => base64
        ? socket.SendAsync(Encoding.ASCII.GetBytes(channel + Convert.ToBase64String(data.Span)), WebSocketMessageType.Text, true, CancellationToken.None)
        : socket.SendAsync(new byte[] { (byte)channel }.Concat(data.ToArray()).ToArray(), WebSocketMessageType.Binary, true, CancellationToken.None);

    private static string Text(Dictionary<int, MemoryStream> channels, int channel) => channels.TryGetValue(channel, out var content) ? Encoding.UTF8.GetString(content.ToArray()) : "";

    private static async Task WaitAsync(Func<bool> condition)
    {
        for (var i = 0; i < 2000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }

    /// <summary>Gathers what comes on each channel until the server closes, and answers its goodbye.</summary>
    private sealed class ChannelReader(WebSocket socket, bool isBase64)
    {
        public bool IsBase64 => isBase64;

        public async Task<Dictionary<int, MemoryStream>> ReadToEndAsync()
        {
            var channels = new Dictionary<int, MemoryStream>();
            var buffer = new byte[64 * 1024];
            while (true)
            {
                var message = new MemoryStream();
                ValueWebSocketReceiveResult received;
                do
                {
                    received = await socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Patience);
                    message.Write(buffer, 0, received.Count);
                }
                while (!received.EndOfMessage);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
                    await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return channels;
                }

                var bytes = message.ToArray();
                var channel = isBase64 ? bytes[0] - '0' : bytes[0];
                var content = isBase64 ? Convert.FromBase64String(Encoding.ASCII.GetString(bytes[1..])) : bytes[1..];
                if (!channels.TryGetValue(channel, out var gathered))
                {
                    channels[channel] = gathered = new MemoryStream();
                }

                gathered.Write(content);
            }
        }
    }
}
