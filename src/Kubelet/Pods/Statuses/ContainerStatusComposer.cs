using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>From what the runtime, the probes and the last try to start say about one container to its status in the API.</summary>
internal sealed class ContainerStatusComposer(StatusFacts facts)
{
    private const string LostMessage = "The container could not be located when the pod was terminated";

    private const string RemovedMessage = "The container is removed because RestartAllContainers in place";

    private readonly bool _restartingAll = !facts.IsTerminated && facts.Pod.Spec.CanRestartAll() && RestartOfAll.IsUnderWay(facts.Pod, facts.Previous);
    private readonly Dictionary<string, ContainerStatus> _previous = facts.Previous.InitContainerStatuses
        .Concat(facts.Previous.ContainerStatuses)
        .Concat(facts.Previous.EphemeralContainerStatuses)
        .GroupBy(s => s.Name)
        .ToDictionary(g => g.Key, g => g.First());

    public ContainerStatus Compose(Container spec, ContainerKind kind)
    {
        var previous = _previous.GetValueOrDefault(spec.Name);
        var latest = facts.Observed.Latest(spec.Name);
        var status = latest is null ? FromPrevious(spec, kind, previous) : FromRuntime(spec, latest, previous);
        ShowWhyNotStarted(status, spec, kind, latest);
        if (kind != ContainerKind.Ephemeral)
        {
            SetStartedAndReady(status, spec, kind, previous, latest is null ? default : facts.Probes.GetValueOrDefault(latest.Id));
        }

        if (kind == ContainerKind.Main && facts.Devices(spec.Name) is { Count: > 0 } devices)
        {
            status.AllocatedResourcesStatus.Clear();
            status.AllocatedResourcesStatus.AddRange(devices);
        }
        else if (status.AllocatedResourcesStatus.Count == 0 && previous is not null)
        {
            // The devices of a pod that has ended are given back, and its status still tells whether they were well.
            status.AllocatedResourcesStatus.AddRange(previous.AllocatedResourcesStatus);
        }

        if (status.VolumeMounts.Count == 0)
        {
            status.VolumeMounts.AddRange(facts.RecursiveReadOnly is null && previous?.VolumeMounts is { Count: > 0 } told ? told : spec.VolumeMounts.Select(MountStatus));
        }

        return status;
    }

    private ContainerStatus FromRuntime(Container spec, ObservedContainer latest, ContainerStatus? previous)
    {
        var status = new ContainerStatus
        {
            Name = spec.Name,
            State = StateOf(latest),
            Image = latest.Image,
            ImageID = latest.ImageId,
            ContainerID = latest.ApiId,
            RestartCount = Math.Max(latest.RestartCount, previous?.RestartCount ?? 0),
            Resources = (facts.Actual.GetValueOrDefault(latest.Id) ?? spec.Resources)?.Clone() ?? new ResourceRequirements(),
        };
        foreach (var (name, quantity) in spec.Resources?.Requests ?? [])
        {
            status.AllocatedResources[name] = quantity;
        }

        if (latest.User is not null)
        {
            status.User = latest.User;
        }

        if (latest.StopSignal.Length > 0)
        {
            status.StopSignal = latest.StopSignal;
        }

        var before = facts.Observed.Containers.Where(c => c.Name == spec.Name).Skip(1).FirstOrDefault();
        status.LastState = before switch
        {
            { IsExited: true } => StateOf(before),
            _ when previous?.State?.Terminated is { } ended && previous.ContainerID != latest.ApiId => new ContainerState { Terminated = ended },
            _ => previous?.LastState?.Clone() ?? new ContainerState(),
        };
        return status;
    }

    /// <summary>The runtime has no instance: either none was made yet, or its traces are gone.</summary>
    private ContainerStatus FromPrevious(Container spec, ContainerKind kind, ContainerStatus? previous)
    {
        if (_restartingAll && kind != ContainerKind.Ephemeral && previous?.State is { Waiting: null })
        {
            return Removed(previous);
        }

        if (previous?.State?.Terminated is not null)
        {
            return previous.Clone();
        }

        var status = new ContainerStatus
        {
            Name = spec.Name,
            Image = spec.Image,
            ImageID = "",
            RestartCount = previous?.RestartCount ?? 0,
            LastState = previous?.LastState?.Clone() ?? new ContainerState(),
            State = Waiting(facts.Pod.Spec.InitContainers.Count > 0 ? WaitingReasons.PodInitializing : WaitingReasons.ContainerCreating),
        };
        if (kind == ContainerKind.Init && facts.Pod.Spec.Containers.Any(c => facts.Observed.Latest(c.Name) is not null))
        {
            status.State = new ContainerState
            {
                Terminated = new ContainerStateTerminated
                {
                    ExitCode = 0,
                    Reason = WaitingReasons.Completed,
                    Message = "Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally",
                },
            };
        }
        else if (previous?.State?.Running is not null && status.LastState.Terminated is null)
        {
            status.LastState.Terminated = new ContainerStateTerminated
            {
                ExitCode = 137,
                Reason = WaitingReasons.ContainerStatusUnknown,
                Message = "The container could not be located when the pod was deleted.  The container used to be Running",
            };
            status.RestartCount += facts.Pod.Metadata.DeletionTimestamp is null ? 1 : 0;
        }

        return status;
    }

    /// <summary>The container was taken away so that it starts anew with all others of its pod.</summary>
    private static ContainerStatus Removed(ContainerStatus previous)
    {
        var status = new ContainerStatus
        {
            Name = previous.Name,
            Image = previous.Image,
            ImageID = "",
            RestartCount = previous.RestartCount + 1,
            State = Waiting(WaitingReasons.RestartingAllContainers, RemovedMessage),
            LastState = new ContainerState
            {
                Terminated = new ContainerStateTerminated { ExitCode = 137, Reason = WaitingReasons.RestartingAllContainers, Message = RemovedMessage },
            },
        };
        status.VolumeMounts.AddRange(previous.VolumeMounts);
        return status;
    }

    private void ShowWhyNotStarted(ContainerStatus status, Container spec, ContainerKind kind, ObservedContainer? latest)
    {
        if (facts.IsTerminated && status.State.Terminated is null && HasStarted(kind, status))
        {
            status.State = new ContainerState
            {
                Terminated = new ContainerStateTerminated { ExitCode = 137, Reason = WaitingReasons.ContainerStatusUnknown, Message = LostMessage },
            };
            return;
        }

        if (facts.IsTerminated || facts.Pod.Metadata.DeletionTimestamp is not null || !facts.Failures.TryGetValue(spec.Name, out var failure))
        {
            return;
        }

        var willStart = latest switch
        {
            null => status.State.Terminated is null || kind != ContainerKind.Init,
            { IsRunning: true } => false,
            { IsExited: true } => kind != ContainerKind.Ephemeral && !(kind == ContainerKind.Init && latest.ExitCode == 0) && facts.Pod.Spec.RestartsAfter(spec, latest.ExitCode),
            _ => true,
        };
        if (!willStart)
        {
            return;
        }

        if (status.State.Terminated is not null)
        {
            status.LastState = status.State;
        }

        status.State = Waiting(failure.Reason, failure.Message);
    }

    /// <summary>Whether a container without an end is one whose end was missed: those of a pod that never got so far stay waiting.</summary>
    private bool HasStarted(ContainerKind kind, ContainerStatus status) => kind switch
    {
        ContainerKind.Main => facts.Pod.Spec.InitContainers.Count == 0 || status.State.Waiting is null || status.LastState?.Terminated is not null,
        _ => status.State.Waiting is null || status.LastState?.Terminated is not null,
    };

    private static void SetStartedAndReady(ContainerStatus status, Container spec, ContainerKind kind, ContainerStatus? previous, ProbeVerdict probes)
    {
        var running = status.State.Running is not null;
        var sameInstance = previous is not null && previous.ContainerID.Length > 0 && previous.ContainerID == status.ContainerID;

        // Without a verdict on this very instance the API's word holds: a restart of the kubelet must not flap what runs.
        status.Started = running && (spec.StartupProbe is null || probes.Startup switch
        {
            null => sameInstance && previous!.Started,
            var outcome => outcome == ProbeOutcome.Success,
        });
        if (kind == ContainerKind.Init)
        {
            status.Ready = status.State.Terminated is { ExitCode: 0 };
            return;
        }

        status.Ready = status.Started && (spec.ReadinessProbe is null || probes.Readiness switch
        {
            null => sameInstance && previous!.Ready,
            var outcome => outcome == ProbeOutcome.Success,
        });
    }

    private static ContainerState StateOf(ObservedContainer container) => container.State switch
    {
        Cri.ContainerState.ContainerRunning => new ContainerState { Running = new ContainerStateRunning { StartedAt = container.StartedAt.ToTime() } },
        Cri.ContainerState.ContainerExited => new ContainerState { Terminated = Ended(container) },
        _ => new ContainerState { Waiting = new ContainerStateWaiting() },
    };

    private static ContainerStateTerminated Ended(ObservedContainer container)
    {
        var ended = new ContainerStateTerminated
        {
            ExitCode = container.ExitCode,
            Reason = container.Reason.Length > 0 ? container.Reason : container.ExitCode == 0 ? WaitingReasons.Completed : "Error",
            StartedAt = container.StartedAt.ToTime(),
            FinishedAt = container.FinishedAt.ToTime(),
            ContainerID = container.ApiId,
        };
        if (container.Message.Length > 0)
        {
            ended.Message = container.Message;
        }

        return ended;
    }

    private static ContainerState Waiting(string reason, string message = "")
    {
        var waiting = new ContainerStateWaiting { Reason = reason };
        if (message.Length > 0)
        {
            waiting.Message = message;
        }

        return new ContainerState { Waiting = waiting };
    }

    private VolumeMountStatus MountStatus(VolumeMount mount)
    {
        var status = new VolumeMountStatus { Name = mount.Name, MountPath = mount.MountPath };
        if (mount.ReadOnly)
        {
            status.ReadOnly = true;
            status.RecursiveReadOnly = mount.RecursiveReadOnly is "Enabled" or "IfPossible" && facts.RecursiveReadOnly == true ? "Enabled" : "Disabled";
        }

        return status;
    }
}
