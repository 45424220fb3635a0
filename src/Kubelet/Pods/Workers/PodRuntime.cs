using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What a pod's worker can see and do: everything that has effects on the host goes through here.</summary>
internal sealed class PodRuntime(
    IRuntimeService runtime,
    RuntimeObserver observer,
    ContainerStarter starter,
    ContainerKiller killer,
    VolumeManager volumes,
    IPodCgroups cgroups,
    PodHost host,
    IEventRecorder events,
    SandboxExtras extras,
    ClaimManager claims)
{
    public Task<ObservedPod> ObserveAsync(PodUid uid, ObservedPod before, CancellationToken cancellationToken) => observer.ObserveAsync(uid, before, cancellationToken);

    public Task KillAsync(Pod pod, ContainerKill kill, CancellationToken cancellationToken) => killer.KillAsync(pod, kill, cancellationToken);

    public Task KillAllAsync(Pod pod, ObservedPod observed, GraceClock clock, CancellationToken cancellationToken) => killer.KillAllAsync(pod, observed, clock, cancellationToken);

    public Task StopSandboxesAsync(ObservedPod observed, CancellationToken cancellationToken) =>
        Task.WhenAll(observed.Sandboxes.Where(s => s.IsReady).Select(s => runtime.StopPodSandboxAsync(s.Id, cancellationToken)));

    /// <summary>Makes the sandbox and, beside it, the volumes.</summary>
    public async Task<string> CreateSandboxAsync(Pod pod, uint attempt, CancellationToken cancellationToken)
    {
        await PrepareClaimsAsync(pod, cancellationToken);
        try
        {
            Directory.CreateDirectory(host.Paths.PodLogs(pod));
            await cgroups.EnsureAsync(pod, cancellationToken);
            var handler = await extras.HandlerAsync(pod, cancellationToken);
            await extras.CheckAsync(pod, handler, cancellationToken);
            var config = Config(pod, attempt, tellWarnings: true);
            return await runtime.RunPodSandboxAsync(config, handler, cancellationToken);
        }
        catch (Exception e) when (e is RuntimeException or IOException or UnauthorizedAccessException or ContainerConfigException)
        {
            events.Record(pod.Reference(), EventType.Warning, "FailedCreatePodSandBox", $"Failed to create pod sandbox: {e.Message}");
            throw;
        }
    }

    /// <summary>Gives back the pod's resource claims. Has to succeed before the pod counts as ended: then others may get them.</summary>
    public Task UnprepareClaimsAsync(Pod pod, CancellationToken cancellationToken) => claims.UnprepareAsync(pod, cancellationToken);

    public async Task<ReadyVolumes> SetUpVolumesAsync(Pod pod, ObservedPod observed, CancellationToken cancellationToken)
    {
        try
        {
            return await volumes.SetUpAsync(pod, Fields(observed), cancellationToken);
        }
        catch (VolumesException e)
        {
            foreach (var failure in e.Failures)
            {
                events.Record(pod.Reference(), EventType.Warning, failure.Reason, failure.Message);
            }

            throw;
        }
    }

    /// <exception cref="StartException">The container does not run; its status shows why.</exception>
    public async Task StartAsync(Pod pod, ContainerStart start, ObservedPod observed, ReadyVolumes ready, CancellationToken cancellationToken)
    {
        var sandbox = observed.CurrentSandbox ?? throw new InvalidOperationException($"pod {pod.Describe()} has no sandbox to start a container in");
        PodSandboxScope scope;
        try
        {
            scope = new PodSandboxScope(
                pod,
                sandbox.Id,
                Config(pod, sandbox.Attempt),
                Fields(observed),
                ready,
                SandboxConfigs.HostnameParts(pod, host.Facts.ClusterDomain),
                observed,
                await extras.HandlerAsync(pod, cancellationToken));
        }
        catch (ContainerConfigException e)
        {
            events.Record(pod.Reference(start.Spec, start.Kind), EventType.Warning, "Failed", $"Error: {e.Message}");
            throw new StartException(WaitingReasons.CreateContainerConfigError, e.Message, e);
        }

        await starter.StartAsync(scope, start, cancellationToken);
    }

    /// <summary>Whether the runtime makes mounts of the sandbox's containers read-only with all below them; null while that is not known.</summary>
    public bool? RecursiveReadOnly(ObservedSandbox sandbox) => extras.RecursiveReadOnly(sandbox.RuntimeHandler);

    /// <summary>Gives running containers the resources of their spec, or ends those that have to be restarted for it.</summary>
    /// <param name="actual">Told of every container that has its new resources.</param>
    /// <param name="ofPod">What the pod's cgroup has of the pod's own resources.</param>
    public async Task ResizeAsync(Pod pod, IReadOnlyList<ContainerResize> resizes, Dictionary<string, ResourceRequirements> actual, ResourceRequirements? ofPod, CancellationToken cancellationToken)
    {
        // The pod's cgroup has to have room for its containers at every moment: it grows first and shrinks last.
        var shrinks = resizes.Any(r => Shrinks(r.Spec.Resources, actual[r.Container.Id])) || (ofPod is not null && Shrinks(pod.Spec.Resources, ofPod));
        if (!shrinks)
        {
            await cgroups.EnsureAsync(pod, cancellationToken);
        }

        foreach (var resize in resizes)
        {
            if (resize.Restart)
            {
                await killer.KillAsync(pod, new ContainerKill(resize.Container, resize.Spec, resize.Kind, $"Container {resize.Spec.Name} resize requires restart", KillReason.Other), cancellationToken);
            }
            else
            {
                var resources = LinuxResources.For(pod, resize.Spec, host.Defaults.MemoryCapacity, host.Defaults.CpuPeriod, host.Defaults.Memory);
                await runtime.UpdateContainerResourcesAsync(new Cri.UpdateContainerResourcesRequest { ContainerId = resize.Container.Id, Linux = resources }, cancellationToken);
            }

            actual[resize.Container.Id] = resize.Spec.Resources?.Clone() ?? new ResourceRequirements();
        }

        if (shrinks)
        {
            await cgroups.EnsureAsync(pod, cancellationToken);
        }
    }

    private static bool Shrinks(ResourceRequirements? to, ResourceRequirements from) => ((string[])[ResourceAmounts.Cpu, ResourceAmounts.Memory]).Any(name =>
        to?.Limits.TryGetValue(name, out var next) == true && (!from.Limits.TryGetValue(name, out var before) || ResourceAmounts.Count(name, next) < ResourceAmounts.Count(name, before)));

    /// <summary>Ends what runs of the containers, without hooks, and removes them all; their logs stay until the pod goes.</summary>
    public async Task ResetAsync(Pod pod, IReadOnlyList<ContainerReset> resets, CancellationToken cancellationToken)
    {
        await Task.WhenAll(resets
            .Where(r => !r.Container.IsExited)
            .Select(r => killer.KillAtOnceAsync(pod, new ContainerKill(r.Container, r.Spec, r.Kind, "killing", KillReason.Other), cancellationToken)));
        foreach (var part in resets.GroupBy(r => r.IsCause).OrderBy(g => g.Key))
        {
            await RemoveAsync(part.Select(r => r.Container.Id), [], cancellationToken);
        }
    }

    /// <summary>Removes dead instances and sandboxes of which the pod has newer ones, with their logs.</summary>
    public async Task RemoveOldAsync(Pod pod, ObservedPod observed, PodPlan plan, CancellationToken cancellationToken)
    {
        await RemoveAsync(plan.RemoveContainers, plan.RemoveSandboxes, cancellationToken);
        foreach (var old in observed.Containers.Where(c => plan.RemoveContainers.Contains(c.Id)))
        {
            host.Paths.DeleteLogs(pod, old.Name, old.RestartCount, old.Id);
        }
    }

    public async Task RemoveAsync(IEnumerable<string> containerIds, IEnumerable<string> sandboxIds, CancellationToken cancellationToken)
    {
        var ids = containerIds.ToList();
        await Task.WhenAll(ids.Select(id => runtime.RemoveContainerAsync(id, cancellationToken)));
        killer.Forget(ids);
        await Task.WhenAll(sandboxIds.Select(id => runtime.RemovePodSandboxAsync(id, cancellationToken)));
    }

    /// <summary>Takes down what the dead pod held on the host: volumes and cgroup.</summary>
    public async Task ReleaseAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await volumes.TearDownAsync(pod.Uid(), cancellationToken);
        }
        catch (VolumeException e)
        {
            events.Record(pod.Reference(), EventType.Warning, "FailedUnmount", e.Message);
            throw;
        }

        await cgroups.RemoveAsync(pod, cancellationToken);
    }

    /// <summary>Removes the logs of a pod that is gone.</summary>
    public void RemoveLogs(Pod pod, ObservedPod observed)
    {
        foreach (var container in observed.Containers)
        {
            File.Delete(host.Paths.LegacyLogLink(pod, container.Name, container.Id));
        }

        var folder = host.Paths.PodLogs(pod);
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task PrepareClaimsAsync(Pod pod, CancellationToken cancellationToken)
    {
        try
        {
            await claims.PrepareAsync(pod, cancellationToken);
        }
        catch (ClaimException e)
        {
            events.Record(pod.Reference(), EventType.Warning, "FailedPrepareDynamicResources", $"Failed to prepare dynamic resources: {e.Message}");
            throw;
        }
    }

    private DownwardFields Fields(ObservedPod observed) =>
        new(host.Facts.Name, host.Facts.HostIPs, observed.CurrentSandbox is { HostNetwork: false } sandbox ? sandbox.IPs : observed.CurrentSandbox is null ? [] : host.Facts.HostIPs, host.Facts.Allocatable);

    /// <exception cref="ContainerConfigException">The pod's name cannot be.</exception>
    private Cri.PodSandboxConfig Config(Pod pod, uint attempt, bool tellWarnings = false)
    {
        var dns = DnsConfigs.Make(pod, host.Facts.ClusterDns, host.Facts.ClusterDomain, host.ReadResolvConf());
        foreach (var (reason, message) in tellWarnings ? dns.Warnings : [])
        {
            events.Record(pod.Reference(), EventType.Warning, reason, message);
        }

        var name = SandboxConfigs.Hostname(pod, host.Facts.ClusterDomain);
        var config = SandboxConfigs.For(pod, attempt, name, dns.Config, host.Paths.PodLogs(pod), cgroups.ParentOf(pod), host.Defaults.CpuPeriod);
        extras.Complete(pod, config);
        return config;
    }
}
