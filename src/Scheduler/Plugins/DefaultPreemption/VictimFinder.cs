using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>Finds the fewest pods that have to leave one node, for one attempt. Everything it tries is taken back before it returns.</summary>
internal sealed class VictimFinder(IAttempt attempt, Func<string, IReadOnlyList<DisruptionBudget>> budgets)
{
    private static readonly Status NoVictims = Status.Unresolvable("No preemption victims found for incoming pod");

    private readonly Dictionary<string, IReadOnlyList<DisruptionBudget>> _budgets = new(StringComparer.Ordinal);

    // For one node each, kept from node to node.
    private readonly List<PodInfo> _lower = [];
    private readonly List<PodInfo> _violating = [];
    private readonly List<PodInfo> _others = [];
    private readonly HashSet<PodInfo> _removed = [];
    private readonly Dictionary<DisruptionBudget, int> _left = new(ReferenceEqualityComparer.Instance);
    private Status? _error;

    /// <returns>The candidate, or why the node is none.</returns>
    public (Candidate? Candidate, Status Status) Find(CycleState state, PodInfo pod, int slot)
    {
        _lower.Clear();
        foreach (var other in attempt.Nodes[slot].Pods)
        {
            if (other.Priority < pod.Priority)
            {
                _lower.Add(other);
            }
        }

        if (_lower.Count == 0)
        {
            return (null, NoVictims);
        }

        var trial = state.Clone();
        _removed.Clear();
        _error = null;
        try
        {
            foreach (var victim in _lower)
            {
                Remove(trial, pod, victim, slot);
            }

            var status = attempt.Filter(trial, pod, slot);
            return status.IsSuccess ? Choose(trial, pod, slot) : (null, status);
        }
        finally
        {
            foreach (var victim in _removed)
            {
                attempt.AddPod(trial, pod, victim, slot);
            }
        }
    }

    /// <summary>Spares whom it can, the most important first.</summary>
    private (Candidate? Candidate, Status Status) Choose(CycleState trial, PodInfo pod, int slot)
    {
        _lower.Sort(Importance.Compare);
        SplitByBudgets();
        var violations = 0;
        foreach (var victim in _violating)
        {
            violations += Reprieve(trial, pod, victim, slot) ? 0 : 1;
        }

        foreach (var victim in _others)
        {
            Reprieve(trial, pod, victim, slot);
        }

        if (_error is not null)
        {
            // Who could not be asked about would count as one that has to leave.
            return (null, _error);
        }

        var victims = _lower.FindAll(_removed.Contains);
        return victims.Count == 0 ? (null, NoVictims) : (new Candidate(slot, victims, violations), Status.Success);
    }

    private void Remove(CycleState trial, PodInfo pod, PodInfo victim, int slot)
    {
        attempt.RemovePod(trial, pod, victim, slot);
        _removed.Add(victim);
    }

    private bool Reprieve(CycleState trial, PodInfo pod, PodInfo victim, int slot)
    {
        attempt.AddPod(trial, pod, victim, slot);
        _removed.Remove(victim);
        var status = attempt.Filter(trial, pod, slot);
        if (status.IsSuccess)
        {
            return true;
        }

        _error ??= status.Code == StatusCode.Error ? status : null;
        Remove(trial, pod, victim, slot);
        return false;
    }

    /// <summary>Those whose budget would be overdrawn, counting from the most important, and the others.</summary>
    private void SplitByBudgets()
    {
        _violating.Clear();
        _others.Clear();
        _left.Clear();
        foreach (var pod in _lower)
        {
            (Overdraws(pod) ? _violating : _others).Add(pod);
        }
    }

    private bool Overdraws(PodInfo pod)
    {
        var isOverdrawn = false;
        foreach (var budget in BudgetsOf(pod.Namespace))
        {
            if (pod.Labels.Labels.Count == 0 || !budget.Selector.Matches(pod.Labels.Labels) || budget.Disrupted.Contains(pod.Name))
            {
                continue;
            }

            _left[budget] = _left.GetValueOrDefault(budget, budget.Allowed) - 1;
            isOverdrawn |= _left[budget] < 0;
        }

        return isOverdrawn;
    }

    private IReadOnlyList<DisruptionBudget> BudgetsOf(string namespaceName)
    {
        if (!_budgets.TryGetValue(namespaceName, out var found))
        {
            found = budgets(namespaceName);
            _budgets[namespaceName] = found;
        }

        return found;
    }
}
