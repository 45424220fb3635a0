using NodeAgent.ContainerRuntime;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Counts and times what is asked of the engine, under the operations' names in upstream's metrics.</summary>
internal sealed class CountedRuntime(IRuntimeService inner, RuntimeMetrics metrics) : IRuntimeService
{
    public Task<Cri.VersionResponse> VersionAsync(CancellationToken cancellationToken) =>
        metrics.CountAsync("version", () => inner.VersionAsync(cancellationToken));

    public Task<Cri.StatusResponse> StatusAsync(bool verbose, CancellationToken cancellationToken) =>
        metrics.CountAsync("status", () => inner.StatusAsync(verbose, cancellationToken));

    public Task<string> RunPodSandboxAsync(Cri.PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken) =>
        metrics.CountSandboxAsync(runtimeHandler, () => inner.RunPodSandboxAsync(config, runtimeHandler, cancellationToken));

    public Task StopPodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        metrics.CountAsync("stop_podsandbox", () => inner.StopPodSandboxAsync(podSandboxId, cancellationToken));

    public Task RemovePodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        metrics.CountAsync("remove_podsandbox", () => inner.RemovePodSandboxAsync(podSandboxId, cancellationToken));

    public Task<Cri.PodSandboxStatus> PodSandboxStatusAsync(string podSandboxId, CancellationToken cancellationToken) =>
        metrics.CountAsync("podsandbox_status", () => inner.PodSandboxStatusAsync(podSandboxId, cancellationToken));

    public Task<IReadOnlyList<Cri.PodSandbox>> ListPodSandboxAsync(Cri.PodSandboxFilter? filter, CancellationToken cancellationToken) =>
        metrics.CountAsync("list_podsandbox", () => inner.ListPodSandboxAsync(filter, cancellationToken));

    public Task<string> CreateContainerAsync(string podSandboxId, Cri.ContainerConfig config, Cri.PodSandboxConfig sandboxConfig, CancellationToken cancellationToken) =>
        metrics.CountAsync("create_container", () => inner.CreateContainerAsync(podSandboxId, config, sandboxConfig, cancellationToken));

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        metrics.CountAsync("start_container", () => inner.StartContainerAsync(containerId, cancellationToken));

    public Task StopContainerAsync(string containerId, TimeSpan timeout, CancellationToken cancellationToken) =>
        metrics.CountAsync("stop_container", () => inner.StopContainerAsync(containerId, timeout, cancellationToken));

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        metrics.CountAsync("remove_container", () => inner.RemoveContainerAsync(containerId, cancellationToken));

    public Task<IReadOnlyList<Cri.Container>> ListContainersAsync(Cri.ContainerFilter? filter, CancellationToken cancellationToken) =>
        metrics.CountAsync("list_containers", () => inner.ListContainersAsync(filter, cancellationToken));

    public Task<Cri.ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellationToken) =>
        metrics.CountAsync("container_status", () => inner.ContainerStatusAsync(containerId, verbose, cancellationToken));

    public Task UpdateContainerResourcesAsync(Cri.UpdateContainerResourcesRequest request, CancellationToken cancellationToken) =>
        metrics.CountAsync("update_container", () => inner.UpdateContainerResourcesAsync(request, cancellationToken));

    public Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken) =>
        metrics.CountAsync("reopen_container_log", () => inner.ReopenContainerLogAsync(containerId, cancellationToken));

    public Task CheckpointContainerAsync(Cri.CheckpointContainerRequest request, CancellationToken cancellationToken) =>
        metrics.CountAsync("checkpoint_container", () => inner.CheckpointContainerAsync(request, cancellationToken));

    public Task<Cri.ExecSyncResponse> ExecSyncAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        metrics.CountAsync("exec_sync", () => inner.ExecSyncAsync(containerId, command, timeout, cancellationToken));

    public Task<StreamTarget> ExecAsync(Cri.ExecRequest request, CancellationToken cancellationToken) =>
        metrics.CountAsync("exec", () => inner.ExecAsync(request, cancellationToken));

    public Task<StreamTarget> AttachAsync(Cri.AttachRequest request, CancellationToken cancellationToken) =>
        metrics.CountAsync("attach", () => inner.AttachAsync(request, cancellationToken));

    public Task<StreamTarget> PortForwardAsync(Cri.PortForwardRequest request, CancellationToken cancellationToken) =>
        metrics.CountAsync("port_forward", () => inner.PortForwardAsync(request, cancellationToken));

    public Task<Cri.ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellationToken) =>
        metrics.CountAsync("container_stats", () => inner.ContainerStatsAsync(containerId, cancellationToken));

    public Task<IReadOnlyList<Cri.ContainerStats>> ListContainerStatsAsync(Cri.ContainerStatsFilter? filter, CancellationToken cancellationToken) =>
        metrics.CountAsync("list_container_stats", () => inner.ListContainerStatsAsync(filter, cancellationToken));

    public Task<IReadOnlyList<Cri.PodSandboxStats>> ListPodSandboxStatsAsync(Cri.PodSandboxStatsFilter? filter, CancellationToken cancellationToken) =>
        metrics.CountAsync("list_podsandbox_stats", () => inner.ListPodSandboxStatsAsync(filter, cancellationToken));

    public IAsyncEnumerable<Cri.ContainerEventResponse> GetContainerEventsAsync(CancellationToken cancellationToken) => inner.GetContainerEventsAsync(cancellationToken);

    public Task UpdateRuntimeConfigAsync(Cri.RuntimeConfig config, CancellationToken cancellationToken) =>
        metrics.CountAsync("update_runtime_config", () => inner.UpdateRuntimeConfigAsync(config, cancellationToken));

    public Task<Cri.CgroupDriver?> CgroupDriverAsync(CancellationToken cancellationToken) =>
        metrics.CountAsync("runtime_config", () => inner.CgroupDriverAsync(cancellationToken));
}
