using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <summary>One message in gRPC's framing: a byte that says "not compressed", the length in four bytes, the message.</summary>
internal sealed class GrpcContent : HttpContent
{
    public const int PrefixLength = 5;
    private static readonly MediaTypeHeaderValue GrpcType = new("application/grpc");

    private readonly IMessage _message;
    private readonly int _size;

    public GrpcContent(IMessage message)
    {
        _message = message;
        _size = message.CalculateSize();
        Headers.ContentType = GrpcType;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var length = PrefixLength + _size;
        var buffer = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            buffer[0] = 0;
            BinaryPrimitives.WriteUInt32BigEndian(buffer.AsSpan(1), (uint)_size);
            _message.WriteTo(buffer.AsSpan(PrefixLength, _size));
            await stream.WriteAsync(buffer.AsMemory(0, length), cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = PrefixLength + _size;
        return true;
    }
}
