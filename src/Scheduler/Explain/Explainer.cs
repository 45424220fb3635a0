using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Explain;

/// <summary>
/// Answers why a pod is pending, or why it is on its node, by asking the plugins again about the cluster as it is now. Runs on
/// the decision loop; what it tries is taken back before it returns.
/// </summary>
internal sealed class Explainer(IReadOnlyDictionary<string, Profile> profiles, ClusterCache cache, SchedulingQueue queue, AttemptLog attempts, TimeProvider time)
{
    private const int NearestMisses = 3;
    private const int MaxCandidates = 10;

    /// <summary>The pods that wait, by name; the longest waiting first.</summary>
    public IReadOnlyList<QueuedPod> Pending => [.. queue.Pods.OrderBy(p => p.Sequence)];

    /// <param name="nodes">How many refused nodes, and how many of the best, to name.</param>
    /// <returns>Null when neither queue nor cache has the pod.</returns>
    public Explanation? Explain(string namespaceName, string name, int nodes)
    {
        if (queue.Pods.FirstOrDefault(p => p.Pod.Namespace == namespaceName && p.Pod.Name == name) is { } queued)
        {
            return Explain(queued.Pod, nodes) with { Queue = Report(queued) };
        }

        if (cache.Pods.FirstOrDefault(p => p.Pod.Namespace == namespaceName && p.Pod.Name == name) is not { } cached)
        {
            return null;
        }

        // As if it were to be placed anew: it must not be in its own way.
        cache.Nodes.TakeOut(cached.Pod, cached.Slot);
        try
        {
            var explanation = Explain(cached.Pod, nodes);
            return explanation with { Node = cached.NodeName, Preemption = null, UnblockedBy = [], Verdict = $"The pod is on node {cached.NodeName}. If it were placed now: {explanation.Verdict}" };
        }
        finally
        {
            cache.Nodes.AddPod(cached.Pod, cached.Slot);
        }
    }

    /// <summary>What the plugins say of a pod that is not on a node.</summary>
    public Explanation Explain(PodInfo pod, int nodes)
    {
        var explanation = new Explanation
        {
            Namespace = pod.Namespace,
            Name = pod.Name,
            Uid = pod.Uid,
            Scheduler = pod.Template.SchedulerName,
            At = time.GetUtcNow(),
            Verdict = "",
            Attempts = attempts.Of(pod.Uid),
            NodeCount = cache.Nodes.Count,
        };
        if (!profiles.TryGetValue(pod.Template.SchedulerName, out var profile))
        {
            return explanation with { Verdict = $"This scheduler has no profile named {pod.Template.SchedulerName}: another scheduler has to place the pod." };
        }

        if (pod.Template.Error is { } error)
        {
            return explanation with { Verdict = $"The spec cannot be read: {error}." };
        }

        if (Gate(profile, pod) is { } gate)
        {
            return explanation with { Verdict = $"Held back by {gate.Plugin}: {gate.Message}.", PodRefusal = Report(gate, []) };
        }

        return Evaluate(explanation, profile, pod, nodes);
    }

    private Explanation Evaluate(Explanation explanation, Profile profile, PodInfo pod, int nodes)
    {
        var state = new CycleState();
        var decider = new Decider(profile, cache.Nodes, queue.Nominations, Random.Shared);
        var verdicts = NodeVerdicts.Find(profile, cache.Nodes, queue.Nominations, decider, pod, state);
        if (verdicts.Error is { } failure)
        {
            return explanation with { Verdict = $"Plugin {failure.Plugin} failed: {failure.Message}.", PodRefusal = Report(failure, []) };
        }

        explanation = explanation with
        {
            FeasibleCount = verdicts.Feasible.Count,
            PodRefusal = verdicts.Diagnosis.PreFilter is { } refusal ? Report(refusal, []) : null,
            Reasons = Reasons(verdicts),
            RefusedNodes = [.. verdicts.Refusals.Take(nodes).Select(r => Report(pod, r.Key, r.Value))],
            NearestMisses = Nearest(pod, verdicts),
        };
        if (verdicts.Feasible.IsEmpty)
        {
            return explanation with
            {
                Verdict = verdicts.Diagnosis.ToString(),
                UnblockedBy = UnblockedBy(profile, verdicts.Diagnosis),
                Preemption = Preemption(profile, pod, state, decider, verdicts),
            };
        }

        try
        {
            var best = ScoreSheet.Of(profile, cache.Nodes, pod, state, verdicts.Feasible, nodes);
            var ties = best.Count(n => n.Total == best[0].Total);
            return explanation with
            {
                BestNodes = best,
                Verdict = $"{explanation.FeasibleCount} of {explanation.NodeCount} nodes can take it; the best is {best[0].Node} with {best[0].Total}{(ties > 1 ? $", as good as {ties - 1}{(ties == nodes ? " or more" : "")} others" : "")}.",
            };
        }
        catch (PluginFailedException e)
        {
            return explanation with { Verdict = $"Plugin {e.Status.Plugin} failed: {e.Status.Message}." };
        }
    }

    private static Status? Gate(Profile profile, PodInfo pod) => profile.PreEnqueue
        .Select(plugin => Guard.Call(plugin, () => plugin.PreEnqueue(pod)))
        .FirstOrDefault(status => !status.IsSuccess);

    private QueueReport Report(QueuedPod queued) => new(
        queued.IsGated ? "gated" : queued.Place == QueuePlace.InFlight ? "in flight" : queued.Place.ToString().ToLowerInvariant(),
        queued.Attempts,
        queued.Timestamp,
        queued.BackoffEnd > time.GetUtcNow() ? queued.BackoffEnd : null,
        queue.Nominations.NodeOf(queued.Pod.Uid),
        queued.RejectedBy,
        queued.PendingOn);

    private static RefusalReport Report(Status status, IReadOnlyList<string> details) => new(status.Plugin, status.Code.ToString(), status.Message, details);

    private NodeReport Report(PodInfo pod, int slot, List<Status> refusals)
    {
        var node = cache.Nodes[slot];
        return new NodeReport(node.Name, [.. refusals.Select(r => Report(r, Shortfall.Of(r, pod, node)))]);
    }

    private static IReadOnlyList<ReasonReport> Reasons(NodeVerdicts verdicts) =>
        [.. verdicts.Refusals.Values
            .GroupBy(r => (r[0].Plugin, r[0].Message))
            .Select(g => new ReasonReport(g.Key.Plugin, g.Key.Message, g.Count()))
            .OrderByDescending(r => r.Nodes)];

    /// <summary>Few objections first, those that time can heal before those that it cannot, then the smallest gap.</summary>
    private List<NodeReport> Nearest(PodInfo pod, NodeVerdicts verdicts) => [.. verdicts.Refusals
        .OrderBy(r => r.Value.Count)
        .ThenBy(r => r.Value.Count(s => s.Code == StatusCode.UnschedulableAndUnresolvable))
        .ThenBy(r => Shortfall.Gap(pod, cache.Nodes[r.Key]))
        .Take(NearestMisses)
        .Select(r => Report(pod, r.Key, r.Value))];

    private static IReadOnlyList<UnblockReport> UnblockedBy(Profile profile, Diagnosis diagnosis) =>
        [.. diagnosis.RejectedBy.Concat(diagnosis.PendingOn).Order(StringComparer.Ordinal).Select(name =>
        {
            var interests = profile.Plugins.OfType<IEventInterests>().FirstOrDefault(p => p.Name == name)?.Interests;
            return new UnblockReport(name, interests is null ? ["anything changes"] : [.. interests.Select(i => EventWords.Write(i.Event)).Distinct()]);
        })];

    private PreemptionReport? Preemption(Profile profile, PodInfo pod, CycleState state, Decider decider, NodeVerdicts verdicts)
    {
        if (profile.PostFilter.OfType<DefaultPreemptionPlugin>().FirstOrDefault() is not { } plugin)
        {
            return null;
        }

        try
        {
            var attempt = new Attempt(decider, cache.Nodes, queue.Nominations, verdicts.Diagnosis, verdicts.Active);
            var preview = plugin.Preview(state, pod, attempt);
            var best = preview.Best;
            return new PreemptionReport(
                preview.WhyNot ?? $"room can be made on {preview.Candidates.Count} node(s) that were tried, with the least harm on {cache.Nodes[best!.Slot].Name}",
                [.. preview.Candidates.OrderByDescending(c => c == best).Take(MaxCandidates).Select(c => new CandidateReport(cache.Nodes[c.Slot].Name, [.. c.Victims.Select(v => v.ToString())], c.Violations, c == best))]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return new PreemptionReport($"{plugin.Name} failed: {e.Message}", []);
        }
    }
}
