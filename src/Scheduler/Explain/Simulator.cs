using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Explain;

/// <summary>Places pods in the cache, as if they were being bound, and takes them out again. Runs on the decision loop, so nobody sees them.</summary>
internal sealed class Simulator(IReadOnlyDictionary<string, Profile> profiles, ClusterCache cache, SchedulingQueue queue, Explainer explainer, TimeProvider time)
{
    /// <summary>No more pods than that in one simulation.</summary>
    public const int MaxCount = 10_000;

    /// <summary>The decision loop stands still meanwhile.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <param name="pod">As somebody would create it.</param>
    /// <param name="nodes">How many nodes to name in the explanation.</param>
    public SimulationReport Run(Pod pod, int count, int nodes = 10)
    {
        var scheduler = pod.Spec.SchedulerName;
        if (!profiles.TryGetValue(scheduler, out var profile))
        {
            return new SimulationReport(count, 0, new Dictionary<string, int>(), $"this scheduler has no profile named {scheduler}", null);
        }

        var decider = new Decider(profile, cache.Nodes, queue.Nominations, Random.Shared);
        var placed = new List<(string Uid, string Node)>();
        var started = time.GetTimestamp();
        Explanation? explanation = null;
        try
        {
            for (var i = 0; i < count; i++)
            {
                if (time.GetElapsedTime(started) > Budget)
                {
                    return Report(count, placed, $"ended after {Budget.TotalSeconds:0} s: scheduling must go on", explanation);
                }

                var info = cache.Parser.Parse(Copy(pod, i));
                explanation = count == 1 ? explainer.Explain(info, nodes) : null;
                var decision = Decide(decider, info);
                if (decision.NodeName is not { } node)
                {
                    return Report(count, placed, decision.Diagnosis?.ToString() ?? decision.Failure.Message, explanation ?? explainer.Explain(info, nodes));
                }

                cache.Assume(info, node);
                placed.Add((info.Uid, node));
            }

            return Report(count, placed, null, explanation);
        }
        finally
        {
            foreach (var (uid, _) in placed)
            {
                cache.Forget(uid);
            }
        }
    }

    private static Decision Decide(Decider decider, Framework.Pods.PodInfo pod)
    {
        try
        {
            return decider.Decide(pod, new CycleState());
        }
        catch (PluginFailedException e)
        {
            return Decision.Failed(e.Status);
        }
    }

    private static Pod Copy(Pod pod, int index)
    {
        var copy = pod.Clone();
        copy.Metadata.Uid = $"simulated-{index}";
        copy.Metadata.Name = $"{(pod.Metadata.Name.Length > 0 ? pod.Metadata.Name : "simulated")}-{index}";
        copy.Spec.NodeName = "";
        copy.Status = new PodStatus();
        return copy;
    }

    private static SimulationReport Report(int wanted, List<(string Uid, string Node)> placed, string? message, Explanation? explanation) => new(
        wanted,
        placed.Count,
        placed.GroupBy(p => p.Node).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Count()),
        message,
        explanation);
}
