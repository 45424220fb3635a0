using NodeAgent.Kubelet.Schemas.Dra;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>A driver of dynamic resources. A call fails with a <see cref="ContainerRuntime.RuntimeException"/> when the driver refuses or is not there.</summary>
internal interface IDraDriver : IDisposable
{
    string Name { get; }

    Task<NodePrepareResourcesResponse> PrepareAsync(NodePrepareResourcesRequest request, CancellationToken cancellationToken);

    Task<NodeUnprepareResourcesResponse> UnprepareAsync(NodeUnprepareResourcesRequest request, CancellationToken cancellationToken);
}
