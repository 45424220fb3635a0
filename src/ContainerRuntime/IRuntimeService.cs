using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime;

/// <summary>
/// Pod sandboxes and containers, as CRI v1 defines them. The CRI messages are the vocabulary for every engine: containerd
/// is spoken to in them, Docker Engine is translated from them.
/// </summary>
/// <remarks>
/// Calls are safe for concurrent use. A call that the engine refuses throws <see cref="RuntimeException"/>; its code tells
/// NotFound from Unavailable from the rest. Stop and remove calls are idempotent.
/// </remarks>
public interface IRuntimeService
{
    Task<VersionResponse> VersionAsync(CancellationToken cancellationToken);

    /// <summary>RuntimeReady and NetworkReady with reasons; features and handlers where the engine tells them.</summary>
    Task<StatusResponse> StatusAsync(bool verbose, CancellationToken cancellationToken);

    /// <returns>The id of the sandbox, which is ready: its network is set up.</returns>
    Task<string> RunPodSandboxAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken);

    /// <summary>Kills what still runs in the sandbox and takes its network down.</summary>
    Task StopPodSandboxAsync(string podSandboxId, CancellationToken cancellationToken);

    Task RemovePodSandboxAsync(string podSandboxId, CancellationToken cancellationToken);

    Task<PodSandboxStatus> PodSandboxStatusAsync(string podSandboxId, CancellationToken cancellationToken);

    Task<IReadOnlyList<PodSandbox>> ListPodSandboxAsync(PodSandboxFilter? filter, CancellationToken cancellationToken);

    /// <returns>The id of the container.</returns>
    Task<string> CreateContainerAsync(string podSandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken);

    Task StartContainerAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Sends the stop signal, and SIGKILL when <paramref name="timeout"/> is over; returns when the container is dead.</summary>
    Task StopContainerAsync(string containerId, TimeSpan timeout, CancellationToken cancellationToken);

    Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken);

    Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellationToken);

    Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellationToken);

    Task UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellationToken);

    /// <summary>Told after a log file was renamed, so that the engine writes to a new one.</summary>
    Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken);

    /// <summary>Writes the state of a running container to a file, which the engine names when <paramref name="request"/> does not. An engine that cannot throws with Unimplemented.</summary>
    Task CheckpointContainerAsync(CheckpointContainerRequest request, CancellationToken cancellationToken) =>
        throw new RuntimeException(RuntimeErrorCode.Unimplemented, "this container runtime does not write checkpoints");

    /// <summary>Runs a command in the container and collects its output (at most 16 MiB of each stream).</summary>
    /// <exception cref="TimeoutException">The command ran longer than <paramref name="timeout"/>; it has been killed.</exception>
    Task<ExecSyncResponse> ExecSyncAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Prepares a command with streams.</summary>
    Task<StreamTarget> ExecAsync(ExecRequest request, CancellationToken cancellationToken);

    /// <summary>Prepares the streams of the container's main process.</summary>
    Task<StreamTarget> AttachAsync(AttachRequest request, CancellationToken cancellationToken);

    /// <summary>Prepares connections to ports inside the sandbox's network namespace.</summary>
    Task<StreamTarget> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken);

    Task<ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellationToken);

    Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(ContainerStatsFilter? filter, CancellationToken cancellationToken);

    Task<IReadOnlyList<PodSandboxStats>> ListPodSandboxStatsAsync(PodSandboxStatsFilter? filter, CancellationToken cancellationToken);

    /// <summary>
    /// Created, started, stopped and deleted events of containers and sandboxes as they happen. Ends with an exception when
    /// the engine goes away; events between two subscriptions are lost, so a reader lists once after it has subscribed.
    /// An engine without events throws <see cref="NotSupportedException"/>.
    /// </summary>
    IAsyncEnumerable<ContainerEventResponse> GetContainerEventsAsync(CancellationToken cancellationToken);

    Task UpdateRuntimeConfigAsync(RuntimeConfig config, CancellationToken cancellationToken);

    /// <summary>The cgroup driver that the engine uses; null when the engine does not say.</summary>
    Task<CgroupDriver?> CgroupDriverAsync(CancellationToken cancellationToken);
}
