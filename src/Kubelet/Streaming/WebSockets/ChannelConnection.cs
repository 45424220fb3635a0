using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>The server's end of a WebSocket that carries channels.</summary>
/// <remarks>A channel whose reader is slow holds the whole connection back, as with upstream's.</remarks>
internal sealed class ChannelConnection : IDisposable
{
    private const int MaxDataPerMessage = 32 * 1024;

    private readonly WebSocket _socket;
    private readonly ChannelProtocol _protocol;
    private readonly IdleLimit _idle;
    private readonly ChannelStream[] _channels;
    private readonly SemaphoreSlim _writing = new(1, 1);

    public ChannelConnection(WebSocket socket, ChannelProtocol protocol, int channelCount, IdleLimit idle)
    {
        _socket = socket;
        _protocol = protocol;
        _idle = idle;
        _channels = [.. Enumerable.Range(0, channelCount).Select(n => new ChannelStream(this, n))];
    }

    public ChannelStream this[int channel] => _channels[channel];

    /// <summary>Reads messages until the client ends the connection.</summary>
    /// <exception cref="IOException">The connection broke, or the client broke the protocol.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var decoder = new ChannelDecoder(_protocol);
        var buffer = ArrayPool<byte>.Shared.Rent(MaxDataPerMessage);
        try
        {
            while (await ReceiveAsync(buffer, cancellationToken) is { MessageType: not WebSocketMessageType.Close } received)
            {
                _idle.Touch();
                if (decoder.Feed(buffer.AsMemory(0, received.Count), received.EndOfMessage) is { } part && part.Channel < _channels.Length)
                {
                    await (part.IsClose ? _channels[part.Channel].EndAsync() : _channels[part.Channel].ReceiveAsync(part.Data, cancellationToken));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            foreach (var channel in _channels)
            {
                await channel.EndAsync();
            }
        }
    }

    /// <summary>Says that this end has no more to say; the client answers in kind.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException($"the WebSocket is broken: {e.Message}", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    /// <summary>Sends one or more messages; an empty one when there is no data.</summary>
    internal async ValueTask SendAsync(int channel, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        do
        {
            var part = data[..Math.Min(data.Length, MaxDataPerMessage)];
            data = data[part.Length..];
            var message = ArrayPool<byte>.Shared.Rent(1 + Base64.GetMaxEncodedToUtf8Length(part.Length));
            try
            {
                await SendMessageAsync(message.AsMemory(0, Encode(channel, part.Span, message)), cancellationToken);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(message);
            }
        }
        while (!data.IsEmpty);
    }

    private int Encode(int channel, ReadOnlySpan<byte> data, Span<byte> message)
    {
        if (_protocol.IsBase64)
        {
            message[0] = (byte)('0' + channel);
            Base64.EncodeToUtf8(data, message[1..], out _, out var written);
            return 1 + written;
        }

        message[0] = (byte)channel;
        data.CopyTo(message[1..]);
        return 1 + data.Length;
    }

    private async ValueTask SendMessageAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            _idle.Touch();
            await _socket.SendAsync(message, _protocol.IsBase64 ? WebSocketMessageType.Text : WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException($"the WebSocket is broken: {e.Message}", e);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await _socket.ReceiveAsync(buffer.AsMemory(0, MaxDataPerMessage), cancellationToken);
        }
        catch (Exception e) when (e is WebSocketException or InvalidOperationException)
        {
            throw new IOException($"the WebSocket is broken: {e.Message}", e);
        }
    }
}
