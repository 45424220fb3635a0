using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>HTTP extenders of the configuration, as one.</summary>
internal interface IExtenderChain
{
    Status Filter(PodInfo pod, INodeTable nodes, NodeSet feasible, Diagnosis diagnosis);

    Status Prioritize(PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> totals);
}
