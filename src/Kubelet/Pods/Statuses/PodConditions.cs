using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Planning;

namespace NodeAgent.Kubelet.Pods.Statuses;

/// <summary>The pod conditions that the kubelet owns, without their transition times.</summary>
internal static class PodConditions
{
    public const string Scheduled = "PodScheduled";
    public const string Ready = "Ready";
    public const string Initialized = "Initialized";
    public const string ContainersReady = "ContainersReady";
    public const string ReadyToStartContainers = "PodReadyToStartContainers";
    public const string ResizePending = "PodResizePending";
    public const string ResizeInProgress = "PodResizeInProgress";
    public const string AllContainersRestarting = "AllContainersRestarting";
    public const string DisruptionTarget = "DisruptionTarget";

    public const string True = "True";
    public const string False = "False";

    public static bool IsOwned(string type) =>
        type is Scheduled or Ready or Initialized or ContainersReady or ReadyToStartContainers or ResizePending or ResizeInProgress or AllContainersRestarting;

    public static PodCondition ForReadyToStart(bool sandboxReady) => Make(ReadyToStartContainers, sandboxReady);

    public static PodCondition ForScheduled() => Make(Scheduled, true);

    /// <summary>Where all containers are being started anew; only pods whose restart rules can ask for it have the condition.</summary>
    public static PodCondition ForRestartingAll(Pod pod, ObservedPod observed, PodStatus previous, string phase) => phase switch
    {
        PodPhases.Succeeded => Make(AllContainersRestarting, false, "PodCompleted"),
        PodPhases.Failed => Make(AllContainersRestarting, false, "PodFailed"),
        _ when (RestartOfAll.IsAsked(pod, observed) || RestartOfAll.IsUnderWay(pod, previous)) && !RestartOfAll.IsCleanedUp(pod, observed) =>
            Make(AllContainersRestarting, true, "RestartAllContainersStarted", "container exited with restart policy rule"),
        _ => Make(AllContainersRestarting, false),
    };

    /// <param name="before">The condition as it was; a pod that was initialized once stays so, also when its containers start anew.</param>
    public static PodCondition ForInitialized(Pod pod, IReadOnlyDictionary<string, ContainerStatus> statuses, string phase, PodCondition? before)
    {
        List<string> unknown = [];
        List<string> incomplete = [];
        foreach (var container in pod.Spec.InitContainers)
        {
            if (!statuses.TryGetValue(container.Name, out var status))
            {
                unknown.Add(container.Name);
            }
            else if (container.IsSidecar() ? !status.Started : !status.Ready)
            {
                incomplete.Add(container.Name);
            }
        }

        if (phase == PodPhases.Succeeded && unknown.Count == 0)
        {
            return Make(Initialized, true, "PodCompleted");
        }

        var started = pod.Spec.Containers.Any(c => statuses.TryGetValue(c.Name, out var s) && s.State is { } state && (state.Running is not null || state.Terminated is not null));
        var message = started ? "" : Messages(unknown, incomplete, "incomplete");
        return message.Length > 0 && before?.Status != True ? Make(Initialized, false, "ContainersNotInitialized", message) : Make(Initialized, true);
    }

    public static PodCondition ForContainersReady(Pod pod, IReadOnlyDictionary<string, ContainerStatus> statuses, string phase)
    {
        List<string> unknown = [];
        List<string> unready = [];
        foreach (var container in pod.Spec.InitContainers.Where(c => c.IsSidecar()).Concat(pod.Spec.Containers))
        {
            if (!statuses.TryGetValue(container.Name, out var status))
            {
                unknown.Add(container.Name);
            }
            else if (!status.Ready)
            {
                unready.Add(container.Name);
            }
        }

        if (phase == PodPhases.Succeeded && unknown.Count == 0)
        {
            return Make(ContainersReady, false, "PodCompleted");
        }

        if (phase == PodPhases.Failed)
        {
            return Make(ContainersReady, false, "PodFailed");
        }

        var message = Messages(unknown, unready, "unready");
        return message.Length > 0 ? Make(ContainersReady, false, "ContainersNotReady", message) : Make(ContainersReady, true);
    }

    /// <param name="conditions">Where the readiness gates are looked up.</param>
    public static PodCondition ForReady(Pod pod, PodCondition containersReady, IEnumerable<PodCondition> conditions)
    {
        if (containersReady.Status != True)
        {
            var same = containersReady.Clone();
            same.Type = Ready;
            return same;
        }

        List<string> missing = [];
        var byType = conditions.ToLookup(c => c.Type);
        foreach (var gate in pod.Spec.ReadinessGates)
        {
            if (byType[gate.ConditionType].FirstOrDefault() is not { } condition)
            {
                missing.Add($"corresponding condition of pod readiness gate \"{gate.ConditionType}\" does not exist.");
            }
            else if (condition.Status != True)
            {
                missing.Add($"the status of pod readiness gate \"{gate.ConditionType}\" is not \"True\", but {condition.Status}");
            }
        }

        return missing.Count > 0 ? Make(Ready, false, "ReadinessGatesNotReady", string.Join(", ", missing)) : Make(Ready, true);
    }

    /// <summary>
    /// Gives a condition its transition time: that of the condition before it when the status is the same, else now.
    /// </summary>
    public static PodCondition Stamp(PodCondition condition, PodCondition? before, long generation, DateTimeOffset now)
    {
        condition.LastTransitionTime = before is not null && before.Status == condition.Status && before.LastTransitionTime is { } time ? time : now.ToTime();
        if (generation > 0)
        {
            condition.ObservedGeneration = generation;
        }

        return condition;
    }

    internal static PodCondition Make(string type, bool status, string reason = "", string message = "")
    {
        var condition = new PodCondition { Type = type, Status = status ? True : False };
        if (reason.Length > 0)
        {
            condition.Reason = reason;
        }

        if (message.Length > 0)
        {
            condition.Message = message;
        }

        return condition;
    }

    private static string Messages(List<string> unknown, List<string> lacking, string word)
    {
        List<string> parts = [];
        if (unknown.Count > 0)
        {
            parts.Add($"containers with unknown status: [{string.Join(' ', unknown)}]");
        }

        if (lacking.Count > 0)
        {
            parts.Add($"containers with {word} status: [{string.Join(' ', lacking)}]");
        }

        return string.Join(", ", parts);
    }
}
