using Google.Protobuf;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Dra;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>A driver of dynamic resources on its socket.</summary>
/// <param name="version">Of the API that it speaks: v1 or v1beta1, whose messages are the same.</param>
internal sealed class DraDriver(string name, string version, string socket, ClaimMetrics metrics, TimeProvider time) : IDraDriver
{
    private const int LargestMessage = 16 * 1024 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(45);

    private readonly GrpcChannel _channel = new(socket, LargestMessage, time, $"the DRA driver {name}");

    public string Name => name;

    public Task<NodePrepareResourcesResponse> PrepareAsync(NodePrepareResourcesRequest request, CancellationToken cancellationToken) =>
        CallAsync("NodePrepareResources", request, NodePrepareResourcesResponse.Parser, cancellationToken);

    public Task<NodeUnprepareResourcesResponse> UnprepareAsync(NodeUnprepareResourcesRequest request, CancellationToken cancellationToken) =>
        CallAsync("NodeUnprepareResources", request, NodeUnprepareResourcesResponse.Parser, cancellationToken);

    public void Dispose() => _channel.Dispose();

    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(string call, TRequest request, MessageParser<TAnswer> parser, CancellationToken cancellationToken)
        where TRequest : IMessage
        where TAnswer : class, IMessage<TAnswer>
    {
        var service = $"k8s.io.kubelet.pkg.apis.dra.{version}.DRAPlugin";
        var started = time.GetTimestamp();
        var code = "OK";
        try
        {
            return await _channel.UnaryAsync(new GrpcMethod<TRequest, TAnswer>(service, call, parser), request, Timeout, cancellationToken);
        }
        catch (RuntimeException e)
        {
            code = e.Code.ToString();
            throw;
        }
        finally
        {
            metrics.Called(name, $"/{service}/{call}", code, time.GetElapsedTime(started));
        }
    }
}
