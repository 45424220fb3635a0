using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Hooks;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Ends containers: preStop hook within the grace period, then the stop signal, then SIGKILL at its end.</summary>
internal sealed class ContainerKiller(IRuntimeService runtime, HookRunner hooks, IEventRecorder events, TimeProvider time)
{
    /// <summary>However long the hook took, the container is left this much to end by itself.</summary>
    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, Task> _preStops = new();

    /// <summary>Ends one container while its pod goes on.</summary>
    public async Task KillAsync(Pod pod, ContainerKill kill, CancellationToken cancellationToken)
    {
        var probe = kill.Reason switch
        {
            KillReason.LivenessProbe => kill.Spec.LivenessProbe,
            KillReason.StartupProbe => kill.Spec.StartupProbe,
            _ => null,
        };
        var grace = probe is { HasTerminationGracePeriodSeconds: true } ? probe.TerminationGracePeriodSeconds : pod.Spec.TerminationGracePeriodSeconds;
        using var clock = new GraceClock(TimeSpan.FromSeconds(grace), time);
        await StopAsync(pod, kill.Container, kill.Spec, kill.Kind, kill.Message, Task.CompletedTask, clock, cancellationToken);
    }

    /// <summary>Ends one container without its hook and with the shortest grace period.</summary>
    public async Task KillAtOnceAsync(Pod pod, ContainerKill kill, CancellationToken cancellationToken)
    {
        using var clock = new GraceClock(TimeSpan.Zero, time);
        await StopAsync(pod, kill.Container, kill.Spec, kill.Kind, kill.Message, Task.CompletedTask, clock, cancellationToken);
    }

    /// <summary>
    /// Ends every container of the pod: the main containers together, then the sidecars in the reverse of the order in
    /// which they started, all within one grace period.
    /// </summary>
    public async Task KillAllAsync(Pod pod, ObservedPod observed, GraceClock clock, CancellationToken cancellationToken)
    {
        var running = observed.Containers
            .Where(c => c.State is Cri.ContainerState.ContainerRunning or Cri.ContainerState.ContainerUnknown)
            .ToList();
        List<Task> all = [];
        var sidecars = pod.Spec.InitContainers.Where(c => c.IsSidecar()).Select(c => c.Name).Reverse().ToList();
        foreach (var container in running.Where(c => !sidecars.Contains(c.Name)))
        {
            all.Add(StopOneAsync(container, Task.CompletedTask));
        }

        Task before = Task.WhenAll(all);
        foreach (var name in sidecars)
        {
            var stops = running.Where(c => c.Name == name).Select(c => StopOneAsync(c, before)).ToList();
            if (stops.Count > 0)
            {
                all.AddRange(stops);
                before = Task.WhenAll(stops);
            }
        }

        await Task.WhenAll(all);

        Task StopOneAsync(ObservedContainer container, Task turn)
        {
            var (spec, kind) = pod.FindContainer(container.Name) ?? (new Container { Name = container.Name }, ContainerKind.Main);
            return StopAsync(pod, container, spec, kind, $"Stopping container {container.Name}", turn, clock, cancellationToken);
        }
    }

    /// <summary>Lets go of what is remembered about a container that is dead.</summary>
    public void Forget(IEnumerable<string> containerIds)
    {
        foreach (var id in containerIds)
        {
            _preStops.TryRemove(id, out _);
        }
    }

    private async Task StopAsync(Pod pod, ObservedContainer container, Container spec, ContainerKind kind, string message, Task turn, GraceClock clock, CancellationToken cancellationToken)
    {
        events.Record(pod.Reference(spec, kind), EventType.Normal, "Killing", message);
        if (spec.Lifecycle?.PreStop is { } preStop && clock.Remaining > TimeSpan.Zero)
        {
            var podIP = pod.Status?.PodIP ?? "";
            var hook = _preStops.GetOrAdd(container.Id, _ => PreStopAsync(pod, spec, kind, preStop, container.Id, podIP, cancellationToken));
            await WithinGraceAsync(hook, clock, cancellationToken);
            if (!hook.IsCompleted)
            {
                hooks.CutShort(preStop);
            }
        }

        await WithinGraceAsync(turn, clock, cancellationToken);
        while (true)
        {
            var left = clock.Remaining > LeastGrace ? clock.Remaining : LeastGrace;
            var shortened = clock.Shortened;
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shortened);
            try
            {
                await runtime.StopContainerAsync(container.Id, left, linked.Token);
                return;
            }
            catch (Exception e) when (e is OperationCanceledException or RuntimeException && shortened.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // The grace period got shorter while the container was given the longer one.
            }
            catch (RuntimeException e) when (e.Code == RuntimeErrorCode.NotFound)
            {
                return;
            }
        }
    }

    private async Task PreStopAsync(Pod pod, Container spec, ContainerKind kind, LifecycleHandler preStop, string containerId, string podIP, CancellationToken cancellationToken)
    {
        if (await hooks.RunAsync(pod, preStop, spec, containerId, podIP, cancellationToken) is not null)
        {
            events.Record(pod.Reference(spec, kind), EventType.Warning, "FailedPreStopHook", "PreStopHook failed");
        }
    }

    /// <summary>Waits for the task, but no longer than the grace period, however short that becomes meanwhile.</summary>
    private async Task WithinGraceAsync(Task task, GraceClock clock, CancellationToken cancellationToken)
    {
        while (!task.IsCompleted && clock.Remaining is var left && left > TimeSpan.Zero)
        {
            var shortened = clock.Shortened;
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, shortened);
            try
            {
                await task.WaitAsync(left, time, linked.Token);
                return;
            }
            catch (TimeoutException)
            {
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Shorter now: look again.
            }
            catch (RuntimeException)
            {
                // Somebody else's turn ended badly; that is told where it happened.
                return;
            }
        }
    }
}
