using NodeAgent.Kubelet.Schemas.Devices;

namespace NodeAgent.Kubelet.Devices;

/// <summary>One device plugin. Every call fails with a <see cref="ContainerRuntime.RuntimeException"/> when the plugin refuses or is not there.</summary>
internal interface IDevicePlugin : IDisposable
{
    Task<DevicePluginOptions> OptionsAsync(CancellationToken cancellationToken);

    /// <summary>All devices, at once and again whenever something has changed. Ends when the plugin does.</summary>
    IAsyncEnumerable<ListAndWatchResponse> WatchAsync(CancellationToken cancellationToken);

    Task<AllocateResponse> AllocateAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <param name="mustInclude">Of the available ones, those that are taken already.</param>
    /// <param name="size">How many there shall be together.</param>
    Task<PreferredAllocationResponse> PreferAsync(IReadOnlyCollection<string> available, IReadOnlyCollection<string> mustInclude, int size, CancellationToken cancellationToken);

    Task PreStartAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);
}
