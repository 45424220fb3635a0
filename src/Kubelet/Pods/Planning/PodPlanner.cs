using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>
/// Decides what is to be done for a pod that should run. A pure function: everything it looks at is in <see cref="PlanFacts"/>.
/// </summary>
internal sealed class PodPlanner(BackOffLimits crashBackOff)
{
    /// <summary>Dead instances kept per container, besides the newest: what <c>kubectl logs --previous</c> reads.</summary>
    private const int DeadInstancesKept = 1;

    public BackOffLimits CrashBackOff => crashBackOff;

    public PodPlan Plan(PlanFacts facts)
    {
        if (RestartOfAll.Plan(facts.Pod, facts.Observed) is { IsEmpty: false } reset)
        {
            return new PodPlan { Reset = reset };
        }

        var plan = facts.Observed.SandboxChangeFor(facts.Pod) is { } change ? PlanNewSandbox(facts, change) : PlanInSandbox(facts);
        return plan with
        {
            RemoveContainers = plan.KillPod ? [] : OldInstances(facts.Observed),
            RemoveSandboxes = plan.KillPod ? [] : OldSandboxes(facts.Observed),
        };
    }

    /// <summary>Without a sandbox everything starts from the beginning, unless all is done.</summary>
    private PodPlan PlanNewSandbox(PlanFacts facts, SandboxChange change)
    {
        var (pod, observed) = (facts.Pod, facts.Observed);
        var kill = new PodPlan { KillPod = !observed.IsDown };
        if (pod.Spec.RestartPolicy == RestartPolicies.Never && change.Attempt != 0 && observed.Containers.Length > 0 && !AnyRestartable(pod, observed))
        {
            return kill;
        }

        var toStart = pod.Spec.Containers.Where(c => !IsDoneForGood(pod, c, observed.Latest(c.Name))).ToList();
        if (toStart.Count == 0 && pod.Spec.Containers.Any(c => observed.Latest(c.Name) is not null))
        {
            return kill;
        }

        if (pod.Spec.InitContainers.Count > 0)
        {
            var first = pod.Spec.InitContainers[0];
            return WithStarts(facts, kill with { NewSandbox = change }, [Instance(first, first.InitKind(), observed)]);
        }

        return WithStarts(facts, kill with { NewSandbox = change }, toStart.Select(c => Instance(c, ContainerKind.Main, observed)));
    }

    private PodPlan PlanInSandbox(PlanFacts facts)
    {
        var (pod, observed) = (facts.Pod, facts.Observed);
        var ephemeral = pod.Spec.EphemeralContainers
            .Select(c => c.AsContainer())
            .Where(c => observed.Latest(c.Name) is null)
            .Select(c => Instance(c, ContainerKind.Ephemeral, observed))
            .ToList();
        var init = InitContainerPlanner.Plan(facts);
        if (init.PodFailed)
        {
            return WithStarts(facts, new PodPlan { KillPod = true }, []);
        }

        if (!init.Initialized)
        {
            return WithStarts(facts, new PodPlan { Kill = init.Kill }, [.. ephemeral, .. init.Start]);
        }

        var (start, kill, kept) = PlanMainContainers(facts);
        if (kept == 0 && start.Count == 0)
        {
            // Nothing but sidecars is left, and they do not keep a pod alive.
            return new PodPlan { KillPod = true };
        }

        return WithStarts(facts, new PodPlan { Kill = [.. init.Kill, .. kill] }, [.. ephemeral, .. init.Start, .. start]);
    }

    private static (List<ContainerStart> Start, List<ContainerKill> Kill, int Kept) PlanMainContainers(PlanFacts facts)
    {
        var (pod, observed) = (facts.Pod, facts.Observed);
        List<ContainerStart> start = [];
        List<ContainerKill> kill = [];
        var kept = 0;
        foreach (var spec in pod.Spec.Containers)
        {
            var latest = observed.Latest(spec.Name);
            if (latest is not { IsRunning: true })
            {
                if (!IsDoneForGood(pod, spec, latest))
                {
                    if (latest is { State: Cri.ContainerState.ContainerUnknown })
                    {
                        kill.Add(new ContainerKill(latest, spec, ContainerKind.Main, "Container is in \"unknown\" state, try killing it before restart", KillReason.Other));
                    }

                    start.Add(Instance(spec, ContainerKind.Main, observed));
                }

                continue;
            }

            if (WhyKill(spec, latest, facts.Probes.GetValueOrDefault(latest.Id)) is not { } why)
            {
                kept++;
                continue;
            }

            var restart = why.SpecChanged || pod.Spec.RestartsAfterKill(spec);
            kill.Add(new ContainerKill(latest, spec, ContainerKind.Main, restart ? why.Message + ", will be restarted" : why.Message, why.Reason));
            if (restart)
            {
                start.Add(Instance(spec, ContainerKind.Main, observed));
            }
        }

        return (start, kill, kept);
    }

    private static (string Message, KillReason Reason, bool SpecChanged)? WhyKill(Container spec, ObservedContainer running, ProbeVerdict probes)
    {
        if (running.Hash.Length > 0 && running.Hash != spec.Hash())
        {
            return ($"Container {spec.Name} definition changed", KillReason.Other, true);
        }

        if (probes.Liveness == ProbeOutcome.Failure)
        {
            return ($"Container {spec.Name} failed liveness probe", KillReason.LivenessProbe, false);
        }

        return probes.Startup == ProbeOutcome.Failure ? ($"Container {spec.Name} failed startup probe", KillReason.StartupProbe, false) : null;
    }

    /// <summary>Whether the container has ended and its restart policy leaves it so.</summary>
    private static bool IsDoneForGood(Pod pod, Container spec, ObservedContainer? latest) =>
        latest is { IsExited: true } && !pod.Spec.RestartsAfter(spec, latest.ExitCode);

    private static bool AnyRestartable(Pod pod, ObservedPod observed) =>
        pod.Spec.Containers.Any(c => c.RestartPolicy.Length > 0 && !IsDoneForGood(pod, c, observed.Latest(c.Name)));

    internal static ContainerStart Instance(Container spec, ContainerKind kind, ObservedPod observed)
    {
        var latest = observed.Latest(spec.Name);
        return latest is null
            ? new ContainerStart(spec, kind, 0)
            : new ContainerStart(spec, kind, latest.RestartCount + 1, latest.IsExited ? latest.FinishedAt : null);
    }

    /// <summary>Divides what is to be started into what may start now and what waits for its crash back-off.</summary>
    private PodPlan WithStarts(PlanFacts facts, PodPlan plan, IEnumerable<ContainerStart> starts)
    {
        var now = ImmutableArray.CreateBuilder<ContainerStart>();
        var waiting = ImmutableArray.CreateBuilder<ContainerWait>();
        foreach (var start in starts)
        {
            BackOff? backOff = facts.BackOffs.TryGetValue(start.Spec.BackOffKey(), out var found) ? found : null;
            if (start.FailedAt is { } failedAt && BackOff.WaitUntil(backOff, failedAt, facts.Now, crashBackOff) is { } until)
            {
                waiting.Add(new ContainerWait(start.Spec, start.Kind, backOff!.Value.Delay, until));
                if (start.Kind == ContainerKind.Init)
                {
                    // Init containers run in order: what comes after one that waits has to wait as well.
                    break;
                }
            }
            else
            {
                now.Add(start);
            }
        }

        return plan with { Start = now.ToImmutable(), Waiting = waiting.ToImmutable() };
    }

    private static ImmutableArray<string> OldInstances(ObservedPod observed) =>
    [
        .. observed.Containers
            .GroupBy(c => c.Name)
            .SelectMany(instances => instances.Skip(1 + DeadInstancesKept))
            .Where(c => c.IsExited || c.State == Cri.ContainerState.ContainerCreated)
            .Select(c => c.Id),
    ];

    private static ImmutableArray<string> OldSandboxes(ObservedPod observed) =>
    [
        .. observed.Sandboxes
            .Skip(1)
            .Where(s => !s.IsReady && !observed.Containers.Any(c => c.SandboxId == s.Id))
            .Select(s => s.Id),
    ];
}
