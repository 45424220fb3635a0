using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>
/// Says how a pod is. A pure function: everything it looks at is in <see cref="StatusFacts"/>. Equal facts give equal
/// statuses but for the transition times of conditions that change.
/// </summary>
internal static class PodStatusComposer
{
    public static PodStatus Compose(StatusFacts facts)
    {
        var (pod, previous) = (facts.Pod, facts.Previous);
        var status = new PodStatus
        {
            StartTime = previous.StartTime ?? facts.Now.ToTime(),
            QosClass = previous.QosClass.Length > 0 ? previous.QosClass : PodQos.Of(pod),
        };
        if (pod.Metadata.Generation > 0)
        {
            status.ObservedGeneration = pod.Metadata.Generation;
        }

        if (facts is { IsRejected: true, FailedBecause: { } refused })
        {
            (status.Phase, status.Reason, status.Message) = (PodPhases.Failed, refused.Reason, refused.Message);
            status.Conditions.AddRange(previous.Conditions);
            return status;
        }

        var containers = new ContainerStatusComposer(facts);
        status.InitContainerStatuses.AddRange(pod.Spec.InitContainers.Select(c => containers.Compose(c, c.InitKind())));
        status.ContainerStatuses.AddRange(pod.Spec.Containers.Select(c => containers.Compose(c, ContainerKind.Main)));
        status.EphemeralContainerStatuses.AddRange(pod.Spec.EphemeralContainers.Select(c => containers.Compose(c.AsContainer(), ContainerKind.Ephemeral)));
        TerminationMessages.Limit(status);

        SetPhase(status, facts);
        SetAddresses(status, facts);
        SetConditions(status, facts);

        PodResourceStatus.Set(status, pod, facts.ActualOfPod);

        // Written by others: shown with the rest, and left alone by StatusPatch.
        status.ResourceClaimStatuses.AddRange(previous.ResourceClaimStatuses);
        status.NodeAllocatableResourceClaimStatuses.AddRange(previous.NodeAllocatableResourceClaimStatuses);
        status.ExtendedResourceClaimStatus = previous.ExtendedResourceClaimStatus;
        if (previous.HasNominatedNodeName)
        {
            status.NominatedNodeName = previous.NominatedNodeName;
        }

        return status;
    }

    private static void SetPhase(PodStatus status, StatusFacts facts)
    {
        var (pod, previous) = (facts.Pod, facts.Previous);
        if (facts.FailedBecause is { } verdict && facts.Observed.IsDown)
        {
            (status.Phase, status.Reason, status.Message) = (PodPhases.Failed, verdict.Reason, verdict.Message);
            return;
        }

        var sandbox = facts.Observed.CurrentSandbox?.Id;
        var initialized = pod.Spec.Containers.Any(c => facts.Observed.Latest(c.Name) is { } latest && latest.SandboxId == sandbox);
        var phase = PodPhaseRules.Phase(pod, [.. status.InitContainerStatuses, .. status.ContainerStatuses], initialized, facts.IsTerminated);
        if (facts.IsTerminated && !PodSpecs.IsTerminal(phase) && !pod.IsStatic())
        {
            phase = PodPhases.Failed;
        }

        if (PodSpecs.IsTerminal(previous.Phase))
        {
            // A phase once final stays.
            phase = previous.Phase;
        }
        else if (PodSpecs.IsTerminal(phase) && !facts.Observed.IsDown && facts.Observed.HasRunningContainers)
        {
            // Final only when nothing runs: others take it as leave to use what the pod held.
            phase = previous.Phase.Length > 0 ? previous.Phase : PodPhases.Pending;
        }

        status.Phase = phase;
        if (phase == previous.Phase)
        {
            if (previous.Reason.Length > 0)
            {
                status.Reason = previous.Reason;
            }

            if (previous.Message.Length > 0)
            {
                status.Message = previous.Message;
            }
        }
    }

    private static void SetAddresses(PodStatus status, StatusFacts facts)
    {
        status.HostIPs.AddRange(facts.HostIPs.Select(ip => new HostIP { Ip = ip }));
        if (facts.HostIPs.Length > 0)
        {
            status.HostIP = facts.HostIPs[0];
        }

        IEnumerable<string> podIPs = facts.Observed.Sandboxes.FirstOrDefault(s => s.IsReady)?.IPs ?? [];
        if (facts.Pod.Spec.HostNetwork)
        {
            podIPs = facts.Previous.PodIPs.Count > 0 ? facts.Previous.PodIPs.Select(p => p.Ip) : facts.HostIPs;
        }
        else if (!podIPs.Any() && (PodSpecs.IsTerminal(status.Phase) || facts.Pod.Metadata.DeletionTimestamp is not null))
        {
            // The address that the pod had is told to the end: clean-up by others goes by it.
            podIPs = facts.Previous.PodIPs.Select(p => p.Ip);
        }

        status.PodIPs.AddRange(podIPs.Select(ip => new PodIP { Ip = ip }));
        if (status.PodIPs.Count > 0)
        {
            status.PodIP = status.PodIPs[0].Ip;
        }
    }

    private static void SetConditions(PodStatus status, StatusFacts facts)
    {
        var (pod, previous) = (facts.Pod, facts.Previous);
        var before = previous.Conditions.GroupBy(c => c.Type).ToDictionary(g => g.Key, g => g.First());
        status.Conditions.AddRange(previous.Conditions.Where(c => !PodConditions.IsOwned(c.Type)));
        if (facts.Disruption is { } disruption && facts.Observed.IsDown)
        {
            foreach (var old in status.Conditions.Where(c => c.Type == disruption.Type).ToList())
            {
                status.Conditions.Remove(old);
            }

            Add(disruption.Clone());
        }

        var statuses = status.InitContainerStatuses.Concat(status.ContainerStatuses).ToDictionary(s => s.Name);
        var containersReady = PodConditions.ForContainersReady(pod, statuses, status.Phase);
        Add(PodConditions.ForReadyToStart(facts.Observed.SandboxChangeFor(pod) is null));
        Add(PodConditions.ForInitialized(pod, statuses, status.Phase, before.GetValueOrDefault(PodConditions.Initialized)));
        Add(PodConditions.ForReady(pod, containersReady, status.Conditions));
        Add(containersReady);
        Add(PodConditions.ForScheduled());
        if (pod.Spec.CanRestartAll())
        {
            Add(PodConditions.ForRestartingAll(pod, facts.Observed, previous, status.Phase));
        }

        foreach (var resize in (PodCondition?[])[facts.Resize, facts.ResizeInProgress])
        {
            if (resize is not null)
            {
                Add(resize.Clone());
            }
        }

        void Add(PodCondition condition) =>
            status.Conditions.Add(PodConditions.Stamp(condition, before.GetValueOrDefault(condition.Type), pod.Metadata.Generation, facts.Now));
    }
}
