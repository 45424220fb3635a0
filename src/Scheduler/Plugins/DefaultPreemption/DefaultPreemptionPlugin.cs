using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Makes room for a pod by ending pods of lower priority on the node where that does the least harm.</summary>
internal sealed class DefaultPreemptionPlugin(DefaultPreemptionArgs args, Func<string, IReadOnlyList<DisruptionBudget>> budgets, Evictor evictor, Random random, IExtenderChain? extenders = null) : IPreEnqueuePlugin, IPostFilterPlugin, IEventInterests
{
    private static readonly Status NotHelpful = Status.Unresolvable("Preemption is not helpful for scheduling");

    public string Name => PluginNames.DefaultPreemption;

    /// <remarks>It holds a pod back only while victims are being told to leave, or not seen to.</remarks>
    public IReadOnlyList<EventInterest> Interests { get; } =
        [new(new ClusterEvent(EventResource.Pod, ActionType.Delete), (pod, victim, _) => evictor.IsEvictedFor(pod.Uid, ((PodInfo)victim!).Uid) ? QueueingHint.Queue : QueueingHint.Skip)];

    /// <inheritdoc cref="Evictor.Prepared"/>
    public Action<PodInfo, IReadOnlyList<PodInfo>, bool, TimeSpan>? OnPrepared
    {
        get => evictor.Prepared;
        set => evictor.Prepared = value;
    }

    /// <summary>Told of each attempt, with the number of victims; for metrics.</summary>
    public Action<int>? OnAttempt { get; set; }

    /// <summary>Finds a pod that is bound, as the decision loop knows it; null when it is gone.</summary>
    public Func<string, PodInfo?>? FindBound { get; set; }

    /// <summary>Whether the pod's room is being made by evicting the other.</summary>
    public bool IsEvictedFor(PodInfo pod, PodInfo victim) => evictor.IsEvictedFor(pod.Uid, victim.Uid);

    public Status PreEnqueue(PodInfo pod) => evictor.IsPreparing(pod.Uid) || (evictor.EvictionFor(pod.Uid) is { } eviction && eviction.Victims.Any(IsStaying))
        ? Status.Unresolvable("waiting for the preemption for this pod to be finished")
        : Status.Success;

    public PostFilterResult PostFilter(CycleState state, PodInfo pod, IAttempt attempt)
    {
        var preview = Preview(state, pod, attempt);
        OnAttempt?.Invoke(preview.Best?.Victims.Count ?? 0);
        if (preview.Best is not { } best)
        {
            return new PostFilterResult(Status.Unschedulable($"preemption: {preview.WhyNot}"), preview.MayTry ? "" : null);
        }

        var nodeName = attempt.Nodes[best.Slot].Name;
        IReadOnlyList<PodInfo> lower = [.. attempt.NominatedPods(best.Slot).Where(p => p.Priority < pod.Priority)];
        if (DeferredEvictions.Of(state) is { } deferred)
        {
            deferred.Add(() => evictor.Start(pod, nodeName, best.Victims, lower));
        }
        else
        {
            evictor.Start(pod, nodeName, best.Victims, lower);
        }

        return new PostFilterResult(Status.Success, nodeName);
    }

    /// <summary>Finds what preemption would do, and does nothing.</summary>
    public PreemptionPreview Preview(CycleState state, PodInfo pod, IAttempt attempt)
    {
        if (WhyNotEligible(pod, attempt) is { } reason)
        {
            return new PreemptionPreview(reason, [], null, MayTry: false);
        }

        IReadOnlyList<Candidate> candidates = FindCandidates(state, pod, attempt, out var diagnosis);
        if (extenders is not null && extenders.Preempt(pod, attempt.Nodes, ref candidates) is { IsSuccess: false } failure)
        {
            return new PreemptionPreview(failure.Message, [], null, MayTry: true);
        }

        return candidates.Count == 0
            ? new PreemptionPreview(diagnosis.ToString(), [], null, MayTry: true)
            : new PreemptionPreview(null, candidates, CandidateChoice.Best(candidates), MayTry: true);
    }

    /// <summary>
    /// The loop has not seen yet that the victim leaves: on a busy cluster that takes seconds, in which each pod that leaves another
    /// node would cost a futile attempt.
    /// </summary>
    private bool IsStaying(string victim) => FindBound?.Invoke(victim) is { IsTerminating: false };

    /// <summary>Null when the pod may preempt.</summary>
    private string? WhyNotEligible(PodInfo pod, IAttempt attempt)
    {
        if (pod.Template.NeverPreempts)
        {
            return "not eligible due to preemptionPolicy=Never.";
        }

        var eviction = evictor.EvictionFor(pod.Uid);
        return IsWaitingOn(eviction?.NodeName, p => eviction!.Victims.Contains(p.Uid))
            || IsWaitingOn(pod.Pod.Status.NominatedNodeName, p => p.IsTerminating && IsPreempted(p))
            ? "not eligible due to a terminating pod on the nominated node."
            : null;

        // Victims are on their way out of the node already, unless the pod could not run there even without them.
        bool IsWaitingOn(string? node, Func<PodInfo, bool> isLeaving) =>
            !string.IsNullOrEmpty(node)
            && attempt.Nodes.FindSlot(node) is >= 0 and var slot
            && attempt.StatusOf(slot)?.Code != StatusCode.UnschedulableAndUnresolvable
            && attempt.Nodes[slot].Pods.Any(p => p.Priority < pod.Priority && isLeaving(p));
    }

    private static bool IsPreempted(PodInfo pod) =>
        pod.Pod.GetCondition("DisruptionTarget") is { Status: "True", Reason: "PreemptionByScheduler" };

    private List<Candidate> FindCandidates(CycleState state, PodInfo pod, IAttempt attempt, out Diagnosis diagnosis)
    {
        diagnosis = new Diagnosis { NodeCount = attempt.Nodes.Count, Others = NotHelpful };
        var slots = new List<int>();
        foreach (var slot in attempt.Nodes.Present)
        {
            if (attempt.StatusOf(slot)?.Code == StatusCode.Unschedulable)
            {
                slots.Add(slot);
            }
        }

        var candidates = new List<Candidate>();
        var finder = new VictimFinder(attempt, budgets);
        var wanted = args.CandidatesOf(slots.Count);
        var offset = slots.Count == 0 ? 0 : random.Next(slots.Count);
        for (var i = 0; i < slots.Count && candidates.Count < wanted; i++)
        {
            var slot = slots[(offset + i) % slots.Count];
            var (candidate, status) = finder.Find(state, pod, slot);
            if (candidate is not null)
            {
                candidates.Add(candidate);
            }
            else
            {
                diagnosis.Add(slot, status);
            }
        }

        return candidates;
    }
}
