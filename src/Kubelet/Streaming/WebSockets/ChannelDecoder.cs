using System.Buffers;
using System.Buffers.Text;

namespace NodeAgent.Kubelet.Streaming.WebSockets;

/// <summary>Takes the messages of one connection apart, in pieces of any size.</summary>
internal sealed class ChannelDecoder(ChannelProtocol protocol)
{
    /// <summary>Encoded messages are put together before they are decoded; this bounds what is kept for that.</summary>
    public const int MaxEncodedMessage = 1 << 20;

    private const byte CloseSignal = 255;
    private const int None = -1;

    private readonly ArrayBufferWriter<byte> _encoded = new();
    private int _channel = None;
    private int _closing = None;

    /// <param name="part">The next bytes of a message.</param>
    /// <param name="endOfMessage">Whether the message ends with them.</param>
    /// <returns>Null when there is nothing to be passed on yet.</returns>
    /// <exception cref="IOException">The client broke the protocol.</exception>
    public ChannelPart? Feed(ReadOnlyMemory<byte> part, bool endOfMessage) =>
        protocol.IsBase64 ? FeedEncoded(part.Span, endOfMessage) : FeedRaw(part, endOfMessage);

    private ChannelPart? FeedRaw(ReadOnlyMemory<byte> part, bool endOfMessage)
    {
        if (_channel == None && !part.IsEmpty)
        {
            _channel = part.Span[0];
            part = part[1..];
        }

        var channel = _channel;
        if (endOfMessage)
        {
            _channel = None;
        }

        if (channel == CloseSignal && protocol.ClosesChannels)
        {
            return Close(part.Span, endOfMessage);
        }

        return channel == None || part.IsEmpty ? null : new ChannelPart(channel, part, IsClose: false);
    }

    private ChannelPart? Close(ReadOnlySpan<byte> part, bool endOfMessage)
    {
        if (part.Length + (_closing == None ? 0 : 1) > 1)
        {
            throw new IOException("a close signal names more than one channel");
        }

        _closing = part.IsEmpty ? _closing : part[0];
        if (!endOfMessage)
        {
            return null;
        }

        var channel = _closing;
        _closing = None;
        return channel == None ? throw new IOException("a close signal names no channel") : new ChannelPart(channel, default, IsClose: true);
    }

    private ChannelPart? FeedEncoded(ReadOnlySpan<byte> part, bool endOfMessage)
    {
        if (_encoded.WrittenCount + part.Length > MaxEncodedMessage)
        {
            throw new IOException($"a message has more than the {MaxEncodedMessage} bytes that are taken");
        }

        _encoded.Write(part);
        if (!endOfMessage)
        {
            return null;
        }

        var message = _encoded.WrittenSpan;
        if (message.Length <= 1)
        {
            _encoded.ResetWrittenCount();
            return null;
        }

        var (channel, content) = (message[0] - '0', new byte[Base64.GetMaxDecodedFromUtf8Length(message.Length - 1)]);
        var status = Base64.DecodeFromUtf8(message[1..], content, out _, out var length);
        _encoded.ResetWrittenCount();

        // As upstream has it, a message that cannot be decoded is lost, and the connection goes on.
        return status != OperationStatus.Done || channel < 0 || length == 0 ? null : new ChannelPart(channel, content.AsMemory(0, length), IsClose: false);
    }
}
