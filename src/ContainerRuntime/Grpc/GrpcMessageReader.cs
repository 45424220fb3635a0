using System.Buffers;
using System.Buffers.Binary;
using Google.Protobuf;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>Reads messages in gRPC's framing from the body of an answer.</summary>
internal sealed class GrpcMessageReader(Stream body, int maxMessageBytes)
{
    private readonly byte[] _prefix = new byte[GrpcContent.PrefixLength];

    /// <returns>The next message, or null at the end of the body.</returns>
    /// <exception cref="RuntimeException">The message is larger than the limit, compressed, or cut off.</exception>
    public async ValueTask<T?> ReadAsync<T>(MessageParser<T> parser, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var read = await body.ReadAtLeastAsync(_prefix, GrpcContent.PrefixLength, throwOnEndOfStream: false, cancellationToken);
        if (read == 0)
        {
            return null;
        }

        if (read < GrpcContent.PrefixLength)
        {
            throw new IOException("the answer ended inside the prefix of a message");
        }

        if (_prefix[0] != 0)
        {
            throw new RuntimeException(RuntimeErrorCode.Internal, "the engine sent a compressed message, which was not asked for");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(_prefix.AsSpan(1));
        if (length > maxMessageBytes)
        {
            throw new RuntimeException(
                RuntimeErrorCode.ResourceExhausted,
                $"the engine sent a message of {length} bytes; at most {maxMessageBytes} are taken");
        }

        var buffer = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            var message = buffer.AsMemory(0, (int)length);
            await body.ReadExactlyAsync(message, cancellationToken);
            return parser.ParseFrom(message.Span);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new RuntimeException(RuntimeErrorCode.Internal, $"the engine sent a message that is no {typeof(T).Name}: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
