using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Finds the fewest pods that have to leave one node. Everything it tries is taken back before it returns.</summary>
internal sealed class VictimFinder(IAttempt attempt, Func<string, IReadOnlyList<DisruptionBudget>> budgets)
{
    private static readonly Status NoVictims = Status.Unresolvable("No preemption victims found for incoming pod");

    /// <returns>The candidate, or why the node is none.</returns>
    public (Candidate? Candidate, Status Status) Find(CycleState state, PodInfo pod, int slot)
    {
        var lower = attempt.Nodes[slot].Pods.Where(p => p.Priority < pod.Priority).ToList();
        if (lower.Count == 0)
        {
            return (null, NoVictims);
        }

        var trial = state.Clone();
        var removed = new HashSet<PodInfo>();
        try
        {
            foreach (var victim in lower)
            {
                Remove(victim);
            }

            var status = attempt.Filter(trial, pod, slot);
            if (!status.IsSuccess)
            {
                return (null, status);
            }

            lower.Sort(Importance.Compare);
            var (violating, others) = Split(lower);
            var violations = violating.Count(v => !Reprieve(v));
            foreach (var victim in others)
            {
                Reprieve(victim);
            }

            var victims = removed.ToList();
            victims.Sort(Importance.Compare);
            return victims.Count == 0 ? (null, NoVictims) : (new Candidate(slot, victims, violations), Status.Success);
        }
        finally
        {
            foreach (var victim in removed)
            {
                attempt.AddPod(trial, pod, victim, slot);
            }
        }

        void Remove(PodInfo victim)
        {
            attempt.RemovePod(trial, pod, victim, slot);
            removed.Add(victim);
        }

        bool Reprieve(PodInfo victim)
        {
            attempt.AddPod(trial, pod, victim, slot);
            removed.Remove(victim);
            if (attempt.Filter(trial, pod, slot).IsSuccess)
            {
                return true;
            }

            Remove(victim);
            return false;
        }
    }

    /// <summary>Those whose budget would be overdrawn, counting from the most important, and the others.</summary>
    internal (List<PodInfo> Violating, List<PodInfo> Others) Split(IReadOnlyList<PodInfo> pods)
    {
        var (violating, others) = (new List<PodInfo>(), new List<PodInfo>());
        var left = new Dictionary<DisruptionBudget, int>(ReferenceEqualityComparer.Instance);
        var byNamespace = pods.Select(p => p.Namespace).Distinct().ToDictionary(n => n, budgets);
        foreach (var pod in pods)
        {
            var isViolating = false;
            foreach (var budget in byNamespace[pod.Namespace])
            {
                if (pod.Labels.Labels.Count == 0 || !budget.Selector.Matches(pod.Labels.Labels) || budget.Disrupted.Contains(pod.Name))
                {
                    continue;
                }

                left[budget] = left.GetValueOrDefault(budget, budget.Allowed) - 1;
                isViolating |= left[budget] < 0;
            }

            (isViolating ? violating : others).Add(pod);
        }

        return (violating, others);
    }
}
