using System.Runtime.CompilerServices;
using NodeAgent.ContainerRuntime.Grpc;
using NodeAgent.ContainerRuntime.Host;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Cri;

/// <summary>The runtime service of an engine that speaks CRI v1.</summary>
internal sealed class CriRuntimeService(GrpcChannel channel, TimeSpan requestTimeout, TimeProvider time) : IRuntimeService
{
    private const string CriVersion = "v1";

    private readonly ExecCommands _commands = new(id => MainProcessAsync(channel, requestTimeout, id), time);

    public Task<VersionResponse> VersionAsync(CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.Version, new VersionRequest { Version = CriVersion }, requestTimeout, cancellationToken);

    public Task<StatusResponse> StatusAsync(bool verbose, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.Status, new StatusRequest { Verbose = verbose }, requestTimeout, cancellationToken);

    public async Task<string> RunPodSandboxAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken)
    {
        var request = new RunPodSandboxRequest { Config = config, RuntimeHandler = runtimeHandler };
        var response = await channel.UnaryAsync(CriMethods.RunPodSandbox, request, requestTimeout * 2, cancellationToken);
        return RequireId(response.PodSandboxId, "RunPodSandbox");
    }

    public Task StopPodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        IgnoreNotFoundAsync(channel.UnaryAsync(
            CriMethods.StopPodSandbox, new StopPodSandboxRequest { PodSandboxId = podSandboxId }, requestTimeout, cancellationToken));

    public Task RemovePodSandboxAsync(string podSandboxId, CancellationToken cancellationToken) =>
        IgnoreNotFoundAsync(channel.UnaryAsync(
            CriMethods.RemovePodSandbox, new RemovePodSandboxRequest { PodSandboxId = podSandboxId }, requestTimeout, cancellationToken));

    public async Task<PodSandboxStatus> PodSandboxStatusAsync(string podSandboxId, CancellationToken cancellationToken)
    {
        var request = new PodSandboxStatusRequest { PodSandboxId = podSandboxId };
        var response = await channel.UnaryAsync(CriMethods.PodSandboxStatus, request, requestTimeout, cancellationToken);
        return response.Status ?? throw Incomplete("PodSandboxStatus", "status");
    }

    public async Task<IReadOnlyList<PodSandbox>> ListPodSandboxAsync(PodSandboxFilter? filter, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.ListPodSandbox, new ListPodSandboxRequest { Filter = filter }, requestTimeout, cancellationToken);
        return response.Items;
    }

    public async Task<string> CreateContainerAsync(
        string podSandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken)
    {
        var request = new CreateContainerRequest { PodSandboxId = podSandboxId, Config = config, SandboxConfig = sandboxConfig };
        var response = await channel.UnaryAsync(CriMethods.CreateContainer, request, requestTimeout, cancellationToken);
        return RequireId(response.ContainerId, "CreateContainer");
    }

    public Task StartContainerAsync(string containerId, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.StartContainer, new StartContainerRequest { ContainerId = containerId }, requestTimeout, cancellationToken);

    public Task StopContainerAsync(string containerId, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new StopContainerRequest { ContainerId = containerId, Timeout = WholeSeconds(timeout) };
        return IgnoreNotFoundAsync(channel.UnaryAsync(CriMethods.StopContainer, request, requestTimeout + timeout, cancellationToken));
    }

    public Task RemoveContainerAsync(string containerId, CancellationToken cancellationToken) =>
        IgnoreNotFoundAsync(channel.UnaryAsync(
            CriMethods.RemoveContainer, new RemoveContainerRequest { ContainerId = containerId }, requestTimeout, cancellationToken));

    public async Task<IReadOnlyList<Container>> ListContainersAsync(ContainerFilter? filter, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.ListContainers, new ListContainersRequest { Filter = filter }, requestTimeout, cancellationToken);
        return response.Containers;
    }

    public async Task<ContainerStatusResponse> ContainerStatusAsync(string containerId, bool verbose, CancellationToken cancellationToken)
    {
        var request = new ContainerStatusRequest { ContainerId = containerId, Verbose = verbose };
        var response = await channel.UnaryAsync(CriMethods.ContainerStatus, request, requestTimeout, cancellationToken);
        return response.Status is null ? throw Incomplete("ContainerStatus", "status") : response;
    }

    public Task UpdateContainerResourcesAsync(UpdateContainerResourcesRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.UpdateContainerResources, request, requestTimeout, cancellationToken);

    public Task ReopenContainerLogAsync(string containerId, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.ReopenContainerLog, new ReopenContainerLogRequest { ContainerId = containerId }, requestTimeout, cancellationToken);

    public Task CheckpointContainerAsync(CheckpointContainerRequest request, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.CheckpointContainer, request, request.Timeout > 0 ? requestTimeout + TimeSpan.FromSeconds(request.Timeout) : requestTimeout, cancellationToken);

    public async Task<ExecSyncResponse> ExecSyncAsync(
        string containerId, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        // Zero means that the command may run for as long as it likes, for the engine as for upstream's kubelet.
        var unlimited = timeout <= TimeSpan.Zero;
        var request = new ExecSyncRequest { ContainerId = containerId, Timeout = unlimited ? 0 : WholeSeconds(timeout) };
        request.Cmd.AddRange(command);
        try
        {
            return await channel.UnaryAsync(CriMethods.ExecSync, request, unlimited ? null : requestTimeout + timeout, cancellationToken);
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.DeadlineExceeded && !unlimited)
        {
            throw new TimeoutException($"command \"{string.Join(' ', command)}\" timed out after {timeout.TotalSeconds:0.###} s", e);
        }
    }

    public async Task<StreamTarget> ExecAsync(ExecRequest request, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.Exec, request, requestTimeout, cancellationToken);
        return Remote(response.Url, "Exec") with { Command = _commands.Begin(request.ContainerId, request.Cmd) };
    }

    public async Task<StreamTarget> AttachAsync(AttachRequest request, CancellationToken cancellationToken)
    {
        var response = await channel.UnaryAsync(CriMethods.Attach, request, requestTimeout, cancellationToken);
        return Remote(response.Url, "Attach");
    }

    /// <remarks>
    /// containerd's own server never tells a port that its client has no more to say, so that one who waits for an answer to all of
    /// it gets none. Where the sandbox is in a network namespace of this host, its ports are reached from here instead.
    /// </remarks>
    public async Task<StreamTarget> PortForwardAsync(PortForwardRequest request, CancellationToken cancellationToken)
    {
        var status = await channel.UnaryAsync(
            CriMethods.PodSandboxStatus, new PodSandboxStatusRequest { PodSandboxId = request.PodSandboxId, Verbose = true }, requestTimeout, cancellationToken);
        if (VerboseInfo.MainProcess(status.Info) is { } process)
        {
            return new LocalPorts(SandboxPorts.Of(request.PodSandboxId, process));
        }

        var response = await channel.UnaryAsync(CriMethods.PortForward, request, requestTimeout, cancellationToken);
        return Remote(response.Url, "PortForward");
    }

    public async Task<ContainerStats> ContainerStatsAsync(string containerId, CancellationToken cancellationToken)
    {
        var request = new ContainerStatsRequest { ContainerId = containerId };
        var response = await channel.UnaryAsync(CriMethods.ContainerStats, request, requestTimeout, cancellationToken);
        return response.Stats ?? throw Incomplete("ContainerStats", "stats");
    }

    public async Task<IReadOnlyList<ContainerStats>> ListContainerStatsAsync(ContainerStatsFilter? filter, CancellationToken cancellationToken)
    {
        var request = new ListContainerStatsRequest { Filter = filter };
        return (await channel.UnaryAsync(CriMethods.ListContainerStats, request, requestTimeout, cancellationToken)).Stats;
    }

    public async Task<IReadOnlyList<PodSandboxStats>> ListPodSandboxStatsAsync(PodSandboxStatsFilter? filter, CancellationToken cancellationToken)
    {
        var request = new ListPodSandboxStatsRequest { Filter = filter };
        return (await channel.UnaryAsync(CriMethods.ListPodSandboxStats, request, requestTimeout, cancellationToken)).Stats;
    }

    public async IAsyncEnumerable<ContainerEventResponse> GetContainerEventsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var events = channel
            .ServerStreamAsync(CriMethods.GetContainerEvents, new GetEventsRequest(), null, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);
        var more = await TryMoveNextAsync(events);
        while (more == true)
        {
            yield return events.Current;
            more = await events.MoveNextAsync();
        }

        if (more == false)
        {
            throw new RuntimeException(RuntimeErrorCode.Unavailable, "GetContainerEvents: the engine ended its events");
        }

        // containerd before 1.7 has no GetContainerEvents; its own event service tells the same.
        await foreach (var translated in ContainerdEvents.SubscribeAsync(channel, cancellationToken))
        {
            yield return translated;
        }
    }

    public Task UpdateRuntimeConfigAsync(RuntimeConfig config, CancellationToken cancellationToken) =>
        channel.UnaryAsync(CriMethods.UpdateRuntimeConfig, new UpdateRuntimeConfigRequest { RuntimeConfig = config }, requestTimeout, cancellationToken);

    public async Task<CgroupDriver?> CgroupDriverAsync(CancellationToken cancellationToken)
    {
        try
        {
            var response = await channel.UnaryAsync(CriMethods.RuntimeConfig, new RuntimeConfigRequest(), requestTimeout, cancellationToken);
            return response.Linux?.CgroupDriver;
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.Unimplemented)
        {
            return null;
        }
    }

    private static async Task<int?> MainProcessAsync(GrpcChannel channel, TimeSpan requestTimeout, string containerId)
    {
        try
        {
            var request = new ContainerStatusRequest { ContainerId = containerId, Verbose = true };
            return VerboseInfo.MainProcess((await channel.UnaryAsync(CriMethods.ContainerStatus, request, requestTimeout, CancellationToken.None)).Info);
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            return null;
        }
    }

    /// <returns>Null when the engine does not have the method.</returns>
    private static async Task<bool?> TryMoveNextAsync(IAsyncEnumerator<ContainerEventResponse> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.Unimplemented)
        {
            return null;
        }
    }

    private static async Task IgnoreNotFoundAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
        {
            // CRI wants stop and remove to be idempotent; containerd before 1.7 is not.
        }
    }

    private static long WholeSeconds(TimeSpan timeout) => (long)Math.Ceiling(timeout.TotalSeconds);

    private static RemoteStreams Remote(string url, string method) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri is { Scheme: "http" or "https" }
            ? new RemoteStreams(uri)
            : throw new RuntimeException(RuntimeErrorCode.Internal, $"{method}: the engine gave \"{url}\" as the address of its streams, which is no http URL");

    private static string RequireId(string id, string method) => id.Length > 0 ? id : throw Incomplete(method, "id");

    private static RuntimeException Incomplete(string method, string field) =>
        new(RuntimeErrorCode.Internal, $"{method}: the engine's answer has no {field}");
}
