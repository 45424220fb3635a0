using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>
/// How far the initialization of a pod has come, and its next step. Init containers run one after the other to their end;
/// a sidecar counts as done when it has started (and its startup probe has succeeded), and is kept running from then on.
/// </summary>
internal sealed class InitContainerPlanner
{
    private readonly PlanFacts _facts;
    private readonly List<ContainerStart> _start = [];
    private readonly List<ContainerKill> _kill = [];

    private InitContainerPlanner(PlanFacts facts) => _facts = facts;

    /// <param name="PodFailed">An init container failed and is not to be restarted.</param>
    internal sealed record Result(bool Initialized, bool PodFailed, ImmutableArray<ContainerStart> Start, ImmutableArray<ContainerKill> Kill);

    public static Result Plan(PlanFacts facts)
    {
        if (facts.Pod.Spec.InitContainers.Count == 0)
        {
            return new Result(true, false, [], []);
        }

        return new InitContainerPlanner(facts).Walk();
    }

    /// <summary>
    /// From the last init container to the first, because dead ones may be gone from the runtime: the last one that left a
    /// trace tells how far the pod has come, and before it only sidecars matter.
    /// </summary>
    private Result Walk()
    {
        var (pod, observed) = (_facts.Pod, _facts.Observed);
        var initialized = pod.Spec.Containers.Any(c => observed.Latest(c.Name) is { State: Cri.ContainerState.ContainerCreated or Cri.ContainerState.ContainerRunning });
        var reached = initialized;
        for (var i = pod.Spec.InitContainers.Count - 1; i >= 0; i--)
        {
            var spec = pod.Spec.InitContainers[i];
            var kind = spec.InitKind();
            if (observed.Latest(spec.Name) is not { } latest)
            {
                if (reached && kind == ContainerKind.Sidecar)
                {
                    Start(spec, kind);
                }

                continue;
            }

            if (reached && kind == ContainerKind.Init)
            {
                continue;
            }

            var step = kind == ContainerKind.Sidecar ? StepSidecar(spec, latest) : StepInit(spec, latest);
            if (step == Step.PodFailed)
            {
                return new Result(false, true, [], []);
            }

            if (step == Step.Done)
            {
                if (i == pod.Spec.InitContainers.Count - 1)
                {
                    initialized = true;
                }
                else if (!reached)
                {
                    var next = pod.Spec.InitContainers[i + 1];
                    Start(next, next.InitKind());
                }
            }

            reached = true;
        }

        if (!reached)
        {
            var first = pod.Spec.InitContainers[0];
            Start(first, first.InitKind());
        }

        _start.Reverse();
        return new Result(initialized, false, [.. _start.DistinctBy(s => s.Spec.Name)], [.. _kill]);
    }

    private Step StepInit(Container spec, ObservedContainer latest)
    {
        switch (latest.State)
        {
            case Cri.ContainerState.ContainerRunning:
                return Step.InProgress;
            case Cri.ContainerState.ContainerCreated:
                Start(spec, ContainerKind.Init);
                return Step.InProgress;
            case Cri.ContainerState.ContainerExited when latest.ExitCode == 0:
                return Step.Done;
            case Cri.ContainerState.ContainerExited:
                if (!_facts.Pod.Spec.RestartsAfter(spec, latest.ExitCode))
                {
                    return Step.PodFailed;
                }

                Start(spec, ContainerKind.Init);
                return Step.InProgress;
            default:
                if (!_facts.Pod.Spec.RestartsAfterKill(spec))
                {
                    return Step.PodFailed;
                }

                KillUnknown(spec, ContainerKind.Init, latest);
                return Step.InProgress;
        }
    }

    private Step StepSidecar(Container spec, ObservedContainer latest)
    {
        switch (latest.State)
        {
            case Cri.ContainerState.ContainerRunning:
                return StepRunningSidecar(spec, latest);
            case Cri.ContainerState.ContainerCreated or Cri.ContainerState.ContainerExited:
                Start(spec, ContainerKind.Sidecar);
                return Step.InProgress;
            default:
                KillUnknown(spec, ContainerKind.Sidecar, latest);
                return Step.InProgress;
        }
    }

    private Step StepRunningSidecar(Container spec, ObservedContainer latest)
    {
        var probes = _facts.Probes.GetValueOrDefault(latest.Id);
        if (spec.StartupProbe is not null && probes.Startup != ProbeOutcome.Success)
        {
            if (probes.Startup == ProbeOutcome.Failure)
            {
                KillAndStart(spec, latest, $"Init container {spec.Name} failed startup probe", KillReason.StartupProbe);
            }

            return Step.InProgress;
        }

        if (latest.Hash.Length > 0 && latest.Hash != spec.Hash())
        {
            KillAndStart(spec, latest, $"Init container {spec.Name} definition changed", KillReason.Other);
        }
        else if (probes.Liveness == ProbeOutcome.Failure)
        {
            KillAndStart(spec, latest, $"Init container {spec.Name} failed liveness probe", KillReason.LivenessProbe);
        }

        return Step.Done;
    }

    private void Start(Container spec, ContainerKind kind) => _start.Add(PodPlanner.Instance(spec, kind, _facts.Observed));

    private void KillUnknown(Container spec, ContainerKind kind, ObservedContainer latest)
    {
        _kill.Add(new ContainerKill(latest, spec, kind, "Init container is in \"unknown\" state, try killing it before restart", KillReason.Other));
        Start(spec, kind);
    }

    private void KillAndStart(Container spec, ObservedContainer latest, string message, KillReason reason)
    {
        _kill.Add(new ContainerKill(latest, spec, ContainerKind.Sidecar, message, reason));
        Start(spec, ContainerKind.Sidecar);
    }

    private enum Step
    {
        InProgress,
        Done,
        PodFailed,
    }
}
