using Google.Protobuf;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Devices;

/// <summary>A device plugin on its socket.</summary>
internal sealed class DevicePlugin(string resource, string socket, TimeProvider time) : IDevicePlugin
{
    private const string Service = "v1beta1.DevicePlugin";
    private const int LargestMessage = 16 * 1024 * 1024;
    private static readonly TimeSpan OptionsTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Upstream waits for ever, and no pod starts on the node meanwhile.</summary>
    private static readonly TimeSpan AllocateTimeout = TimeSpan.FromMinutes(2);

    /// <summary>As upstream's.</summary>
    private static readonly TimeSpan PreStartTimeout = TimeSpan.FromSeconds(30);

    private readonly GrpcChannel _channel = new(socket, LargestMessage, time, $"the device plugin of {resource}");

    public Task<DevicePluginOptions> OptionsAsync(CancellationToken cancellationToken) =>
        CallAsync("GetDevicePluginOptions", new Empty(), DevicePluginOptions.Parser, OptionsTimeout, cancellationToken);

    public IAsyncEnumerable<ListAndWatchResponse> WatchAsync(CancellationToken cancellationToken) =>
        _channel.ServerStreamAsync(new GrpcMethod<Empty, ListAndWatchResponse>(Service, "ListAndWatch", ListAndWatchResponse.Parser), new Empty(), null, cancellationToken);

    public Task<AllocateResponse> AllocateAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        CallAsync("Allocate", new AllocateRequest { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { ids } } } }, AllocateResponse.Parser, AllocateTimeout, cancellationToken);

    public Task<PreferredAllocationResponse> PreferAsync(IReadOnlyCollection<string> available, IReadOnlyCollection<string> mustInclude, int size, CancellationToken cancellationToken) => CallAsync(
        "GetPreferredAllocation",
        new PreferredAllocationRequest { ContainerRequests = { new ContainerPreferredAllocationRequest { AvailableDeviceIDs = { available }, MustIncludeDeviceIDs = { mustInclude }, AllocationSize = size } } },
        PreferredAllocationResponse.Parser,
        AllocateTimeout,
        cancellationToken);

    public Task PreStartAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        CallAsync("PreStartContainer", new PreStartContainerRequest { DevicesIds = { ids } }, PreStartContainerResponse.Parser, PreStartTimeout, cancellationToken);

    public void Dispose() => _channel.Dispose();

    private Task<TAnswer> CallAsync<TRequest, TAnswer>(string name, TRequest request, MessageParser<TAnswer> parser, TimeSpan timeout, CancellationToken cancellationToken)
        where TRequest : IMessage
        where TAnswer : class, IMessage<TAnswer> =>
        _channel.UnaryAsync(new GrpcMethod<TRequest, TAnswer>(Service, name, parser), request, timeout, cancellationToken);
}
