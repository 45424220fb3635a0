using System.Runtime.CompilerServices;
using System.Text.Json;
using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.Docker.Network;
using NodeAgent.ContainerRuntime.Docker.Sandboxes;
using NodeAgent.ContainerRuntime.Docker.Stats;
using NodeAgent.ContainerRuntime.Docker.Streams;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker;

/// <summary>CRI's runtime service on a Docker Engine.</summary>
internal sealed class DockerRuntimeService(
    DockerClient docker, EngineFactsSource facts, SandboxManager sandboxes, ContainerManager containers, StreamManager streams,
    StatsManager stats, PodNetworks networks, OutOfMemoryRecord outOfMemory, TimeProvider time) : IRuntimeService
{
    private static readonly Version RecursiveReadOnly = new(1, 44);

    public Task<VersionResponse> VersionAsync(CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("ask for the engine's version", async () =>
        {
            var version = await docker.System.GetVersionAsync(cancellationToken);
            return new VersionResponse { Version = "0.1.0", RuntimeName = "docker", RuntimeVersion = version.Version, RuntimeApiVersion = "v1" };
        }, cancellationToken);

    public Task<StatusResponse> StatusAsync(bool verbose, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("ask for the engine's status", async () =>
        {
            var info = await docker.System.GetSystemInfoAsync(cancellationToken);
            var engine = await facts.RefreshAsync(info, cancellationToken);
            var features = new RuntimeHandlerFeatures { RecursiveReadOnlyMounts = engine.Api >= RecursiveReadOnly };
            var response = new StatusResponse
            {
                Status = new RuntimeStatus { Conditions = { new RuntimeCondition { Type = "RuntimeReady", Status = true }, networks.Condition() } },
                RuntimeHandlers = { engine.Runtimes.Order().Prepend("").Select(name => new RuntimeHandler { Name = name, Features = features }) },
                Features = new RuntimeFeatures(),
            };
            if (verbose)
            {
                response.Info["docker"] = JsonSerializer.Serialize(info, DockerJson.Default.SystemInfoResponse);
            }

            return response;
        }, cancellationToken);

    public Task<string> RunPodSandboxAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync(
            $"run a sandbox for pod {config.Metadata?.Namespace}/{config.Metadata?.Name}", () => sandboxes.RunAsync(config, runtimeHandler, cancellationToken), cancellationToken);

    public Task StopPodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"stop pod sandbox {podSandboxId}", () => sandboxes.StopAsync(podSandboxId, cancellationToken), cancellationToken);

    public Task RemovePodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"remove pod sandbox {podSandboxId}", () => sandboxes.RemoveAsync(podSandboxId, cancellationToken), cancellationToken);

    public Task<PodSandboxStatus> PodSandboxStatusAsync(string podSandboxId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"ask for pod sandbox {podSandboxId}", () => sandboxes.StatusAsync(podSandboxId, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<PodSandbox>> ListPodSandboxAsync(PodSandboxFilter? filter, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("list pod sandboxes", () => sandboxes.ListAsync(filter, cancellationToken), cancellationToken);

    public Task<string> CreateContainerAsync(string podSandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync(
            $"create container {config.Metadata?.Name} in pod sandbox {podSandboxId}",
            () => containers.CreateAsync(podSandboxId, config, sandboxConfig, cancellationToken), cancellationToken);

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"start container {containerId}", () => containers.StartAsync(containerId, cancellationToken), cancellationToken);

    public Task StopContainerAsync(string containerId, TimeSpan timeout, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"stop container {containerId}", () => containers.StopAsync(containerId, timeout, cancellationToken), cancellationToken);

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"remove container {containerId}", () => containers.RemoveAsync(containerId, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("list containers", () => containers.ListAsync(filter, cancellationToken), cancellationToken);

    public Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync(
            $"ask for container {containerId}",
            async () => new ContainerStatusResponse { Status = await containers.StatusAsync(containerId, cancellationToken) }, cancellationToken);

    public Task UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync(
            $"update the resources of container {request.ContainerId}",
            () => containers.UpdateAsync(request.ContainerId, request.Linux, cancellationToken), cancellationToken);

    public Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"reopen the log of container {containerId}", () => containers.ReopenLogAsync(containerId, cancellationToken), cancellationToken);

    public Task<ExecSyncResponse> ExecSyncAsync(string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"run a command in container {containerId}", () => streams.ExecSyncAsync(containerId, command, timeout, cancellationToken), cancellationToken);

    public Task<StreamTarget> ExecAsync(ExecRequest request, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"run a command in container {request.ContainerId}", () => streams.ExecAsync(request, cancellationToken), cancellationToken);

    public Task<StreamTarget> AttachAsync(AttachRequest request, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"attach to container {request.ContainerId}", () => streams.AttachAsync(request, cancellationToken), cancellationToken);

    public Task<StreamTarget> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"forward ports to pod sandbox {request.PodSandboxId}", () => streams.PortForwardAsync(request, cancellationToken), cancellationToken);

    public Task<ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync($"measure container {containerId}", () => stats.ContainerAsync(containerId, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(ContainerStatsFilter? filter, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("measure containers", () => stats.ContainersAsync(filter, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<PodSandboxStats>> ListPodSandboxStatsAsync(PodSandboxStatsFilter? filter, CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("measure pod sandboxes", () => stats.SandboxesAsync(filter, cancellationToken), cancellationToken);

    public IAsyncEnumerable<ContainerEventResponse> GetContainerEventsAsync(CancellationToken cancellationToken) =>
        EventsSinceAsync(time.GetUtcNow(), cancellationToken);

    public Task UpdateRuntimeConfigAsync(RuntimeConfig config, CancellationToken cancellationToken)
    {
        networks.SetPodCidrs(config.NetworkConfig?.PodCidr ?? "");
        return Task.CompletedTask;
    }

    public Task<CgroupDriver?> CgroupDriverAsync(CancellationToken cancellationToken) =>
        EngineCalls.RunAsync("ask for the engine's cgroup driver", async () => (await docker.System.GetSystemInfoAsync(cancellationToken)).CgroupDriver switch
        {
            "systemd" => CgroupDriver.Systemd,
            "cgroupfs" => CgroupDriver.Cgroupfs,
            _ => (CgroupDriver?)null,
        }, cancellationToken);

    /// <summary>From the time of the call on, however late the connection is: the engine remembers its last 256 events.</summary>
    private async IAsyncEnumerable<ContainerEventResponse> EventsSinceAsync(DateTimeOffset since, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string What = "watch the engine's events";
        await using var messages = docker.System.MonitorEventsAsync(since, EventMapping.Filters, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await EngineCalls.RunAsync(What, () => messages.MoveNextAsync().AsTask(), cancellationToken))
        {
            outOfMemory.Take(messages.Current);
            if (EventMapping.FromDocker(messages.Current) is { } happened)
            {
                yield return happened;
            }
        }

        throw new RuntimeException(RuntimeErrorCode.Unavailable, $"cannot {What}: Docker Engine closed the stream");
    }
}
