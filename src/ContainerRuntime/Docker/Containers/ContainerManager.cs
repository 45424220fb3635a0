using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Containers;

/// <summary>The containers of pods.</summary>
internal sealed class ContainerManager(DockerClient docker, EngineFactsSource facts, ContainerCreator creator, OutOfMemoryRecord outOfMemory, TimeProvider time)
{
    /// <summary>Timers end at 49 days; a pod that asks for a longer grace period is asked again by the kubelet.</summary>
    private static readonly TimeSpan LongestGrace = TimeSpan.FromDays(30);

    public async Task<string> CreateAsync(string sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, CancellationToken cancellationToken)
    {
        if (config.Metadata is not { Name.Length: > 0 } || config.Image is not { Image.Length: > 0 })
        {
            throw new RuntimeException(RuntimeErrorCode.InvalidArgument, "a container needs a name and an image");
        }

        var pause = await docker.Containers.InspectContainerAsync(sandboxId, cancellationToken);
        if (!PodObjectName.TryParse(pause.Name, out var sandbox))
        {
            throw new RuntimeException(RuntimeErrorCode.NotFound, $"container {sandboxId} ({pause.Name}) is no pod sandbox");
        }

        var engine = await facts.GetAsync(cancellationToken);
        var parameters = ContainerMapping.ToCreate(
            pause.ID, config, sandboxConfig, pause.HostConfig?.Runtime, time.GetUtcNow(), engine, File.ReadAllText);
        CreateMissingSources(config);
        var id = await creator.CreateAsync(PodObjectName.ForContainer(sandbox.SandboxMetadata, config.Metadata).ToString(), parameters, cancellationToken);
        var log = ContainerMapping.LogPath(config, sandboxConfig);
        if (log.Length > 0)
        {
            ContainerLog.Link(log, ContainerLog.EnginePath(engine.RootDirectory, id));
        }

        return id;
    }

    public Task StartAsync(string id, CancellationToken cancellationToken) => docker.Containers.StartContainerAsync(id, cancellationToken);

    /// <summary>Idempotent.</summary>
    public async Task StopAsync(string id, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var seconds = Math.Clamp(Math.Ceiling(timeout.TotalSeconds), 0, LongestGrace.TotalSeconds);
            await docker.Containers.StopContainerAsync(id, (int)seconds, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // Gone is stopped.
        }
    }

    /// <summary>Idempotent. The log's link goes with it; rotated logs are the kubelet's.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var container = await docker.Containers.InspectContainerAsync(id, cancellationToken);
            await docker.Containers.RemoveContainerAsync(container.ID, force: true, cancellationToken);
            if (LogPath(container) is { Length: > 0 } log)
            {
                ContainerLog.Unlink(log);
            }
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            // Gone is removed.
        }
    }

    public async Task<IReadOnlyList<Container>> ListAsync(ContainerFilter? filter, CancellationToken cancellationToken)
    {
        var containers = await ListRawAsync(filter?.Id, filter?.PodSandboxId, filter?.LabelSelector, cancellationToken);
        var result = await Task.WhenAll(containers.Select(async raw =>
        {
            var container = ContainerStatusMapping.FromList(raw);

            // A list does not tell a container that could not be started from one that has not been yet.
            if (container is { State: V1.ContainerState.ContainerCreated } && await CannotRunAsync(raw.ID, cancellationToken))
            {
                container.State = V1.ContainerState.ContainerExited;
            }

            return container;
        }));
        return [.. result.OfType<Container>().Where(c => filter?.State is null || c.State == filter.State.State)];
    }

    public async Task<IReadOnlyList<ContainerListResponse>> ListRawAsync(
        string? id, string? sandboxId, IReadOnlyDictionary<string, string>? labels, CancellationToken cancellationToken)
    {
        List<(string, string)> filters = [("label", $"{DockerLabels.Type}={DockerLabels.TypeContainer}")];
        if (id is { Length: > 0 })
        {
            filters.Add(("id", id));
        }

        if (sandboxId is { Length: > 0 })
        {
            filters.Add(("label", $"{DockerLabels.SandboxId}={sandboxId}"));
        }

        filters.AddRange((labels ?? new Dictionary<string, string>()).Select(l => ("label", $"{l.Key}={l.Value}")));
        return await docker.Containers.ListContainersAsync(filters, cancellationToken);
    }

    public async Task<ContainerStatus> StatusAsync(string id, CancellationToken cancellationToken)
    {
        var container = await docker.Containers.InspectContainerAsync(id, cancellationToken);
        return ContainerStatusMapping.FromInspect(container, await ImageOfAsync(container, cancellationToken), outOfMemory.Contains(container.ID));
    }

    public async Task UpdateAsync(string id, LinuxContainerResources? resources, CancellationToken cancellationToken)
    {
        if (resources is not null)
        {
            await docker.Containers.UpdateContainerAsync(id, ResourceMapping.ToUpdate(resources), cancellationToken);
        }
    }

    public async Task ReopenLogAsync(string id, CancellationToken cancellationToken)
    {
        var container = await docker.Containers.InspectContainerAsync(id, cancellationToken);
        if (container.State?.Running != true)
        {
            throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"cannot reopen the log of container {id}: it does not run");
        }

        if (LogPath(container) is { Length: > 0 } log)
        {
            await ContainerLog.RotateAsync(log, container.LogPath, cancellationToken);
        }
    }

    public async Task<ContainerInspectResponse> RunningAsync(string id, CancellationToken cancellationToken)
    {
        var container = await docker.Containers.InspectContainerAsync(id, cancellationToken);
        return container.State?.Running == true
            ? container
            : throw new RuntimeException(RuntimeErrorCode.FailedPrecondition, $"container {id} does not run");
    }

    private static string LogPath(ContainerInspectResponse container) => container.Config?.Labels?.GetValueOrDefault(DockerLabels.LogPath) ?? "";

    /// <summary>A bind mount's source that is not there becomes a directory, as under every other runtime.</summary>
    private static void CreateMissingSources(ContainerConfig config)
    {
        foreach (var source in config.Mounts.Select(m => m.HostPath).Where(p => p.Length > 0 && !Path.Exists(p)))
        {
            Directory.CreateDirectory(source);
        }
    }

    private async Task<bool> CannotRunAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            var container = await docker.Containers.InspectContainerAsync(id, cancellationToken);
            return container.State is { } state && ContainerStatusMapping.CannotRun(state);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return false;
        }
    }

    private async Task<ImageInspectResponse?> ImageOfAsync(ContainerInspectResponse container, CancellationToken cancellationToken)
    {
        try
        {
            return await docker.Images.InspectImageAsync(container.Image, cancellationToken);
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return null;
        }
    }
}
