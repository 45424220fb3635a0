using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Makes room for a pod by ending pods of lower priority on the node where that does the least harm.</summary>
internal sealed class DefaultPreemptionPlugin(DefaultPreemptionArgs args, Func<string, IReadOnlyList<DisruptionBudget>> budgets, Evictor evictor, Random random, IExtenderChain? extenders = null) : IPreEnqueuePlugin, IPostFilterPlugin, IEventInterests, ILoopObserver
{
    /// <summary>A victim that is still there so long after its grace period may stay for ever: its node may be dead.</summary>
    private static readonly TimeSpan OverdueAfter = TimeSpan.FromSeconds(30);

    private static readonly Status NotHelpful = Status.Unresolvable("Preemption is not helpful for scheduling");

    public string Name => PluginNames.DefaultPreemption;

    /// <inheritdoc/>
    public LoopView? View { private get; set; }

    public IReadOnlyList<EventInterest> Interests => [new(new ClusterEvent(EventResource.Pod, ActionType.Delete), WasLastVictim)];

    /// <inheritdoc cref="Evictor.Prepared"/>
    public Action<PodInfo, IReadOnlyList<PodInfo>, bool, TimeSpan>? OnPrepared
    {
        get => evictor.Prepared;
        set => evictor.Prepared = value;
    }

    /// <summary>Told of each attempt, with the number of victims; for metrics.</summary>
    public Action<int>? OnAttempt { get; set; }

    /// <summary>
    /// Whether victims of the pod are on their way out of a node: until they are gone the pod is not to evict others. Those that do not
    /// go in time are not waited for.
    /// </summary>
    public bool IsWaiting(PodInfo pod)
    {
        if (View is not { } view || evictor.EvictionFor(pod.Uid) is not { } eviction || view.Nodes.FindSlot(eviction.NodeName) < 0)
        {
            return false;
        }

        foreach (var uid in eviction.Victims)
        {
            if (view.FindBound(uid) is { } victim && !IsOverdue(victim))
            {
                return true;
            }
        }

        return false;
    }

    public Status PreEnqueue(PodInfo pod) => evictor.IsPreparing(pod.Uid)
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

    /// <remarks>While victims are still being told to leave, the end of that wakes the pod, see <see cref="OnPrepared"/>.</remarks>
    private QueueingHint WasLastVictim(PodInfo pod, object? deleted, object? _) =>
        deleted is PodInfo victim && evictor.IsEvictedFor(pod.Uid, victim.Uid) && !evictor.IsPreparing(pod.Uid) && !IsWaiting(pod)
            ? QueueingHint.Queue
            : QueueingHint.Skip;

    private bool IsOverdue(PodInfo victim) =>
        victim.Pod.Metadata.DeletionTimestamp is { } end && evictor.Now - end.ToDateTimeOffset() > OverdueAfter;

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
