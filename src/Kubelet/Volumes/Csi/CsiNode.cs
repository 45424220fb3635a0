using Google.Protobuf;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Schemas.Csi;
using Rpc = NodeAgent.Kubelet.Schemas.Csi.NodeServiceCapability.Types.RPC.Types.Type;

namespace NodeAgent.Kubelet.Volumes.Csi;

/// <summary>The node service of one CSI driver.</summary>
internal sealed class CsiNode(string driver, string socket, CsiMetrics? metrics, TimeProvider time) : IDisposable
{
    private const string Service = "csi.v1.Node";
    private const int LargestMessage = 4 * 1024 * 1024;
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private readonly GrpcChannel _channel = new(socket, LargestMessage, time, $"the CSI driver {driver}");
    private HashSet<Rpc>? _capabilities;

    public string Socket => socket;

    public Task<NodeGetInfoResponse> GetInfoAsync(CancellationToken cancellationToken) => CallAsync("NodeGetInfo", new NodeGetInfoRequest(), NodeGetInfoResponse.Parser, cancellationToken);

    public async Task<bool> CanAsync(Rpc capability, CancellationToken cancellationToken) =>
        (_capabilities ??= [.. (await CallAsync("NodeGetCapabilities", new NodeGetCapabilitiesRequest(), NodeGetCapabilitiesResponse.Parser, cancellationToken)).Capabilities.Select(c => c.Rpc?.Type ?? Rpc.Unknown)])
            .Contains(capability);

    public Task StageAsync(NodeStageVolumeRequest request, CancellationToken cancellationToken) => CallAsync("NodeStageVolume", request, NodeStageVolumeResponse.Parser, cancellationToken);

    public Task UnstageAsync(NodeUnstageVolumeRequest request, CancellationToken cancellationToken) => CallAsync("NodeUnstageVolume", request, NodeUnstageVolumeResponse.Parser, cancellationToken);

    public Task PublishAsync(NodePublishVolumeRequest request, CancellationToken cancellationToken) => CallAsync("NodePublishVolume", request, NodePublishVolumeResponse.Parser, cancellationToken);

    public Task UnpublishAsync(NodeUnpublishVolumeRequest request, CancellationToken cancellationToken) => CallAsync("NodeUnpublishVolume", request, NodeUnpublishVolumeResponse.Parser, cancellationToken);

    public Task<NodeExpandVolumeResponse> ExpandAsync(NodeExpandVolumeRequest request, CancellationToken cancellationToken) => CallAsync("NodeExpandVolume", request, NodeExpandVolumeResponse.Parser, cancellationToken);

    public void Dispose() => _channel.Dispose();

    private async Task<TAnswer> CallAsync<TRequest, TAnswer>(string name, TRequest request, MessageParser<TAnswer> parser, CancellationToken cancellationToken)
        where TRequest : IMessage
        where TAnswer : class, IMessage<TAnswer>
    {
        var (started, code) = (time.GetTimestamp(), "OK");
        try
        {
            return await _channel.UnaryAsync(new GrpcMethod<TRequest, TAnswer>(Service, name, parser), request, Timeout, cancellationToken);
        }
        catch (RuntimeException e)
        {
            code = e.Code.ToString();
            throw;
        }
        finally
        {
            metrics?.Called(driver, $"/{Service}/{name}", code, time.GetElapsedTime(started));
        }
    }
}
