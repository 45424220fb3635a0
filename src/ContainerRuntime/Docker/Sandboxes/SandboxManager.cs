using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.Docker.Network;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Sandboxes;

/// <summary>Pod sandboxes: a pause container each, whose namespaces the pod's containers join.</summary>
internal sealed partial class SandboxManager(
    DockerClient docker, DockerOptions options, EngineFactsSource facts, PodNetworks networks, ContainerCreator creator,
    DockerImageService images, TimeProvider time, ILogger<SandboxManager> logger)
{
    private static readonly TimeSpan CleanUpTimeout = TimeSpan.FromMinutes(1);
    private int _garbageCollected;

    public async Task<string> RunAsync(PodSandboxConfig config, string runtimeHandler, CancellationToken cancellationToken)
    {
        if (config.Metadata is not { Name.Length: > 0, Namespace.Length: > 0, Uid.Length: > 0 })
        {
            throw new RuntimeException(RuntimeErrorCode.InvalidArgument, "a sandbox's metadata needs name, namespace and uid");
        }

        var host = SandboxMapping.IsHostNetwork(config);
        var choice = await networks.ChooseAsync(host, cancellationToken);
        var parameters = SandboxMapping.ToCreate(
            config, runtimeHandler, options.SandboxImage, choice.Kind, choice.DockerMode, time.GetUtcNow(), await facts.GetAsync(cancellationToken), File.ReadAllText);
        var id = await CreateAsync(PodObjectName.ForSandbox(config.Metadata).ToString(), parameters, cancellationToken);
        try
        {
            await docker.Containers.StartContainerAsync(id, cancellationToken);
            var pause = await docker.Containers.InspectContainerAsync(id, cancellationToken);
            await ResolvConf.RewriteAsync(pause.ResolvConfPath, config.DnsConfig, cancellationToken);
            await networks.SetUpAsync(choice, id, NamespacePath(pause), config, cancellationToken);
            return id;
        }
        catch (Exception e)
        {
            if (choice.Kind == SandboxMapping.NetworkBridge && EngineCalls.IsNotFound(e))
            {
                networks.ForgetBridge();
            }

            await CleanUpAsync(id);
            throw;
        }
    }

    /// <summary>Takes the network down while its namespace is there, then kills all. Idempotent.</summary>
    public async Task StopAsync(string id, CancellationToken cancellationToken)
    {
        var pause = await FindAsync(id, cancellationToken);
        var members = await docker.Containers.ListContainersAsync(
            [("label", $"{DockerLabels.SandboxId}={pause?.ID ?? id}"), ("status", "running"), ("status", "paused")], cancellationToken);
        await Task.WhenAll(members.Select(m => StopNowAsync(m.ID, cancellationToken)));
        await networks.TearDownAsync(pause?.ID ?? id, pause is null ? "" : NamespacePath(pause), cancellationToken);
        if (pause?.State?.Running == true)
        {
            await StopNowAsync(pause.ID, cancellationToken);
        }
    }

    /// <summary>Stops the sandbox when it is not, and removes it with its containers. Idempotent.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        await StopAsync(id, cancellationToken);
        var members = await docker.Containers.ListContainersAsync([("label", $"{DockerLabels.SandboxId}={id}")], cancellationToken);
        foreach (var container in members.Select(m => m.ID).Append(id))
        {
            await RemoveContainerAsync(container, cancellationToken);
        }
    }

    public async Task<PodSandboxStatus> StatusAsync(string id, CancellationToken cancellationToken)
    {
        var pause = await docker.Containers.InspectContainerAsync(id, cancellationToken);
        return SandboxMapping.FromInspect(pause, networks.CniAddresses(pause.ID), NetworkReady);
    }

    public async Task<IReadOnlyList<PodSandbox>> ListAsync(PodSandboxFilter? filter, CancellationToken cancellationToken)
    {
        List<(string, string)> filters = [("label", $"{DockerLabels.Type}={DockerLabels.TypeSandbox}")];
        if (filter?.Id is { Length: > 0 } id)
        {
            filters.Add(("id", id));
        }

        filters.AddRange((filter?.LabelSelector ?? []).Select(l => ("label", $"{l.Key}={l.Value}")));
        var pauses = await docker.Containers.ListContainersAsync(filters, cancellationToken);
        if (filters.Count == 1 && Interlocked.Exchange(ref _garbageCollected, 1) == 0)
        {
            await CollectGarbageAsync(pauses, cancellationToken);
        }

        return
        [
            .. pauses.Select(p => SandboxMapping.FromList(p, NetworkReady)).OfType<PodSandbox>()
                .Where(s => filter?.State is null || s.State == filter.State.State),
        ];
    }

    /// <summary>The running pause container, for what happens inside its namespaces.</summary>
    public async Task<ContainerInspectResponse> RunningAsync(string id, CancellationToken cancellationToken)
    {
        var pause = await docker.Containers.InspectContainerAsync(id, cancellationToken);
        return pause.State?.Running == true
            ? pause
            : throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"pod sandbox {id} does not run");
    }

    public static string NamespacePath(ContainerInspectResponse pause) => pause.State is { Running: true, Pid: > 0 and var pid } ? $"/proc/{pid}/ns/net" : "";

    private bool NetworkReady(string id) => networks.CniAddresses(id) is not null;

    private async Task<string> CreateAsync(string name, CreateContainerParameters parameters, CancellationToken cancellationToken)
    {
        try
        {
            return await creator.CreateAsync(name, parameters, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            await images.PullImageAsync(new ImageSpec { Image = options.SandboxImage }, null, null, cancellationToken);
            return await creator.CreateAsync(name, parameters, cancellationToken);
        }
    }

    private async Task<ContainerInspectResponse?> FindAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await docker.Containers.InspectContainerAsync(id, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return null;
        }
    }

    private async Task StopNowAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await docker.Containers.StopContainerAsync(id, 0, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // Gone is stopped.
        }
    }

    private async Task RemoveContainerAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await docker.Containers.RemoveContainerAsync(id, force: true, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // Removed by somebody else.
        }
    }

    /// <summary>Leaves nothing of a sandbox that did not come up, also when the caller has given up waiting.</summary>
    private async Task CleanUpAsync(string id)
    {
        try
        {
            using var timeout = new CancellationTokenSource(CleanUpTimeout, time);
            await RemoveAsync(id, timeout.Token);
        }
        catch (Exception e)
        {
            LogCleanUpFailed(id, e);
        }
    }

    private async Task CollectGarbageAsync(IReadOnlyList<ContainerListResponse> existing, CancellationToken cancellationToken)
    {
        try
        {
            await networks.CollectGarbageAsync(existing.Select(c => c.ID).ToHashSet(), cancellationToken);
        }
        catch (RuntimeException e)
        {
            LogGarbageFailed(e);
        }
    }

    [LoggerMessage(2301, LogLevel.Warning, "Could not clean up after pod sandbox {Id} failed to start; it will be removed as a dead sandbox")]
    private partial void LogCleanUpFailed(string id, Exception exception);

    [LoggerMessage(2302, LogLevel.Warning, "Could not take sandboxes that are gone off their network; their addresses may stay taken until the next start")]
    private partial void LogGarbageFailed(Exception exception);
}
