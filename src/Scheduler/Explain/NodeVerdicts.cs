using System.Collections.Frozen;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Explain;

/// <summary>What every filter plugin says of every node, where an attempt stops at the first that refuses.</summary>
internal sealed class NodeVerdicts
{
    private readonly SortedDictionary<int, List<Status>> _refusals = [];

    private NodeVerdicts(Profile profile, NodeTable nodes)
    {
        Active = new ActivePlugins(profile, FrozenSet<string>.Empty);
        Feasible = nodes.Present.Clone();
        Diagnosis = new Diagnosis { NodeCount = nodes.Count };
    }

    public NodeSet Feasible { get; }

    /// <summary>By slot, in the order in which the plugins are asked.</summary>
    public IReadOnlyDictionary<int, List<Status>> Refusals => _refusals;

    /// <summary>As an attempt has it: the first refusal of each node.</summary>
    public Diagnosis Diagnosis { get; }

    /// <summary>The plugins that have something to say of this pod.</summary>
    public ActivePlugins Active { get; private set; }

    /// <summary>A plugin failed; nothing is known of the nodes then.</summary>
    public Status? Error { get; private set; }

    public static NodeVerdicts Find(Profile profile, NodeTable nodes, Nominations nominations, Decider decider, PodInfo pod, CycleState state)
    {
        var verdicts = new NodeVerdicts(profile, nodes);
        if (!verdicts.PreFilter(profile, nodes, pod, state))
        {
            verdicts.Feasible.Clear();
            return verdicts;
        }

        verdicts.Filter(nodes, pod, state);
        verdicts.CheckNominated(nodes, nominations, decider, pod, state);
        foreach (var (slot, statuses) in verdicts._refusals)
        {
            verdicts.Feasible.Remove(slot);
            verdicts.Diagnosis.Add(slot, statuses[0]);
        }

        return verdicts;
    }

    /// <returns>False when no node needs to be looked at.</returns>
    private bool PreFilter(Profile profile, NodeTable nodes, PodInfo pod, CycleState state)
    {
        var skipped = new HashSet<string>(StringComparer.Ordinal);
        foreach (var plugin in profile.PreFilter)
        {
            NodeSet? only = null;
            var status = Guard.Call(plugin, () =>
            {
                (var answer, only) = plugin.PreFilter(state, pod, nodes);
                return answer;
            });
            if (status.IsSkip)
            {
                skipped.Add(plugin.Name);
            }
            else if (status.IsRejected)
            {
                Diagnosis.PreFilter = status;
                Diagnosis.AddPlugin(status);
                return false;
            }
            else if (!status.IsSuccess)
            {
                Error = status;
                return false;
            }

            if (only is not null)
            {
                var left = Status.Unresolvable($"node(s) didn't satisfy plugin(s) [{plugin.Name}]").WithPlugin(plugin.Name);
                foreach (var slot in nodes.Present)
                {
                    if (!only.Contains(slot))
                    {
                        Add(slot, left);
                    }
                }
            }
        }

        Active = new ActivePlugins(profile, skipped);
        return true;
    }

    private void Filter(NodeTable nodes, PodInfo pod, CycleState state)
    {
        foreach (var plugin in Active.Filters)
        {
            var filter = new NodeFilter(nodes, nodes.Present.Clone(), new Status?[nodes.Capacity]) { CurrentPlugin = plugin.Name };
            var status = Guard.Call(plugin, () =>
            {
                plugin.Filter(state, pod, filter);
                return filter.Error ?? Status.Success;
            });
            if (!status.IsSuccess)
            {
                Error = status;
                return;
            }

            foreach (var slot in nodes.Present)
            {
                if (filter.Statuses[slot] is { } refusal)
                {
                    Add(slot, refusal);
                }
            }
        }
    }

    /// <summary>A node that fits now, but not beside the pods that wait for room there.</summary>
    private void CheckNominated(NodeTable nodes, Nominations nominations, Decider decider, PodInfo pod, CycleState state)
    {
        foreach (var name in nominations.NodeNames)
        {
            if (nodes.FindSlot(name) is >= 0 and var slot && !_refusals.ContainsKey(slot)
                && decider.FilterOne(pod, state, Active, slot) is { IsSuccess: false } status)
            {
                Add(slot, status);
            }
        }
    }

    private void Add(int slot, Status status)
    {
        if (!_refusals.TryGetValue(slot, out var statuses))
        {
            _refusals[slot] = statuses = [];
        }

        statuses.Add(status);
    }
}
