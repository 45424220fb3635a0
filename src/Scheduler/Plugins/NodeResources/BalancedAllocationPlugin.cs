using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Prefers nodes whose resources would be used more evenly with the pod than without.</summary>
internal sealed class BalancedAllocationPlugin(BalancedAllocationArgs args) : IPreScorePlugin, IScorePlugin, INodeLocal
{
    public string Name => PluginNames.NodeResourcesBalancedAllocation;

    /// <summary>Pods that ask for nothing would all go to the one most balanced node.</summary>
    public Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible)
    {
        foreach (var resource in args.Resources)
        {
            if (nodes.FindResource(resource.Name) is >= 0 and var column && pod.Template.Request(column) != 0)
            {
                return Status.Success;
            }
        }

        return Status.Skip;
    }

    public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        ResourceScoring.Score(BalancedScorer.Instance, args.Resources, useRequested: true, pod, nodes, slots, scores);
        return Status.Success;
    }
}
