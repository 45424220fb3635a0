using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Takes one container from its spec to running: image, environment, mounts, create, start, postStart.</summary>
internal sealed class ContainerStarter(
    IRuntimeService runtime,
    ImagePuller images,
    EnvironmentBuilder environment,
    ContainerMounts mounts,
    HookRunner hooks,
    ContainerKiller killer,
    IEventRecorder events,
    ContainerDefaults defaults,
    IExtrasSource extras)
{
    /// <exception cref="StartException">It does not run; its status shows why.</exception>
    public async Task StartAsync(PodSandboxScope scope, ContainerStart start, CancellationToken cancellationToken)
    {
        var (pod, spec, kind) = (scope.Pod, start.Spec, start.Kind);
        if (scope.Observed.Latest(spec.Name) is null)
        {
            start = start with { RestartCount = mounts.NextLog(pod, spec.Name) };
        }

        var regarding = pod.Reference(spec, kind);
        try
        {
            string id;
            using (await images.Use.StartAsync(cancellationToken))
            {
                var image = await images.EnsureAsync(pod, spec, kind, scope.Config, cancellationToken);
                var config = await DescribeAsync(scope, start, image, cancellationToken);
                id = await CreateAsync(scope, config, cancellationToken);
            }

            events.Record(regarding, EventType.Normal, "Created", "Container created");
            await RunAsync(id, cancellationToken);
            events.Record(regarding, EventType.Normal, "Started", "Container started");
            mounts.LinkLog(pod, spec.Name, id, start.RestartCount);
            if (spec.Lifecycle?.PostStart is { } postStart)
            {
                await PostStartAsync(scope, start, postStart, id, cancellationToken);
            }
        }
        catch (StartException e)
        {
            events.Record(regarding, EventType.Warning, "Failed", $"Error: {(e.Reason is WaitingReasons.ErrImagePull or WaitingReasons.ImagePullBackOff or WaitingReasons.ErrImageNeverPull or WaitingReasons.InvalidImageName ? e.Reason : e.Message)}");
            throw;
        }
    }

    private async Task<Cri.ContainerConfig> DescribeAsync(PodSandboxScope scope, ContainerStart start, PulledImage image, CancellationToken cancellationToken)
    {
        try
        {
            var paths = scope.Volumes.ByName.ToDictionary(v => v.Key, v => v.Value.Path);
            var own = await environment.BuildAsync(scope.Pod, start.Spec, scope.Fields, cancellationToken, paths);
            var given = await extras.ExtrasAsync(scope.Pod, start.Spec, cancellationToken);
            IReadOnlyList<KeyValuePair<string, string>> variables = [.. given.Environment, .. own];
            var volumes = await mounts.MakeAsync(scope, start.Spec, variables, cancellationToken);
            var target = start.Kind == ContainerKind.Ephemeral
                ? scope.Pod.Spec.EphemeralContainers.FirstOrDefault(e => e.EphemeralContainerCommon.Name == start.Spec.Name)?.TargetContainerName
                : null;
            var targetId = string.IsNullOrEmpty(target) ? null : scope.Observed.Latest(target)?.Id;
            var config = ContainerConfigs.For(
                scope.Pod,
                start.Spec,
                start.RestartCount,
                new ContainerConfigs.Inputs(image.Id, image.User, variables, volumes, defaults.Security, defaults.MemoryCapacity, defaults.CpuPeriod, targetId, defaults.Memory));
            given.Apply(config);
            config.Devices.AddRange(ContainerMounts.Devices(scope, start.Spec));
            if (scope.Config.Linux.SecurityContext.NamespaceOptions.UsernsOptions is { Mode: Cri.NamespaceMode.Pod } user)
            {
                UserNamespaces.Apply(config, user);
            }

            return config;
        }
        catch (Exception e) when (e is ContainerConfigException or AllocationException or IOException or UnauthorizedAccessException)
        {
            throw new StartException(WaitingReasons.CreateContainerConfigError, e.Message, e);
        }
    }

    private async Task<string> CreateAsync(PodSandboxScope scope, Cri.ContainerConfig config, CancellationToken cancellationToken)
    {
        try
        {
            return await runtime.CreateContainerAsync(scope.SandboxId, config, scope.Config, cancellationToken);
        }
        catch (RuntimeException e)
        {
            throw new StartException(WaitingReasons.CreateContainerError, e.Message, e);
        }
    }

    private async Task RunAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await runtime.StartContainerAsync(id, cancellationToken);
        }
        catch (RuntimeException e)
        {
            throw new StartException(WaitingReasons.RunContainerError, e.Message, e);
        }
    }

    private async Task PostStartAsync(PodSandboxScope scope, ContainerStart start, LifecycleHandler postStart, string id, CancellationToken cancellationToken)
    {
        var podIP = scope.Fields.PodIPs.FirstOrDefault() ?? "";
        if (await hooks.RunAsync(scope.Pod, postStart, start.Spec, id, podIP, cancellationToken) is not { } failure)
        {
            return;
        }

        var regarding = scope.Pod.Reference(start.Spec, start.Kind);
        events.Record(regarding, EventType.Warning, "FailedPostStartHook", "PostStartHook failed");
        var started = new ObservedContainer { Id = id, Name = start.Spec.Name, SandboxId = scope.SandboxId, State = Cri.ContainerState.ContainerRunning };
        await killer.KillAsync(scope.Pod, new ContainerKill(started, start.Spec, start.Kind, "FailedPostStartHook", KillReason.Other), cancellationToken);
        throw new StartException(WaitingReasons.PostStartHookError, failure);
    }
}
