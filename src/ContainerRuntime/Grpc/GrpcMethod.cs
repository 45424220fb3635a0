using Google.Protobuf;

namespace NodeAgent.ContainerRuntime.Grpc;

/// <param name="service">With its package.</param>
/// <param name="name">Of the method.</param>
/// <param name="parser">Of the answers.</param>
/// <summary>A method of a gRPC service: its name on the wire and how its answers are read.</summary>
public sealed class GrpcMethod<TRequest, TResponse>(string service, string name, MessageParser<TResponse> parser)
    where TRequest : IMessage
    where TResponse : IMessage<TResponse>
{
    public string Name { get; } = name;

    /// <summary>The host part is what upstream's kubelet sends as :authority; the socket decides where the call goes.</summary>
    internal Uri Uri { get; } = new($"http://localhost/{service}/{name}");

    /// <summary>Unknown fields are dropped: the kubelet never writes an engine's message back.</summary>
    public MessageParser<TResponse> Parser { get; } = parser.WithDiscardUnknownFields(true);
}
