using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;

namespace NodeAgent.Scheduler.Extenders;

/// <summary>HTTP extenders of the configuration, as one.</summary>
internal interface IExtenderChain
{
    /// <summary>Takes nodes out of <paramref name="feasible"/> and writes why into the diagnosis.</summary>
    Status Filter(PodInfo pod, INodeTable nodes, NodeSet feasible, Diagnosis diagnosis);

    /// <summary>Adds to the totals. An extender that fails adds nothing.</summary>
    Status Prioritize(PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> totals);

    /// <summary>Takes candidates away, or changes their victims.</summary>
    Status Preempt(PodInfo pod, INodeTable nodes, ref IReadOnlyList<Candidate> candidates);

    /// <returns>Null when no extender binds this pod.</returns>
    Task<Status>? BindAsync(PodInfo pod, string nodeName, CancellationToken cancellationToken);
}
