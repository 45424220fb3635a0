using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>
/// All nodes as columns: entry <c>i</c> of every column belongs to the node in slot <c>i</c>. Belongs to the decision loop;
/// plugins read it during their calls and keep nothing of it but ids.
/// </summary>
public interface INodeTable
{
    /// <summary>The length of every column. Slots not in <see cref="Present"/> are free.</summary>
    int Capacity { get; }

    /// <summary>How many nodes there are.</summary>
    int Count { get; }

    /// <summary>The slots that hold a node. Not to be changed by plugins.</summary>
    NodeSet Present { get; }

    NodeInfo this[int slot] { get; }

    /// <summary>The distinct taint sets; may hold some that no node has any more.</summary>
    IReadOnlyList<TaintSet> TaintSets { get; }

    /// <summary>Per slot the index into <see cref="TaintSets"/>.</summary>
    ReadOnlySpan<int> TaintSetIds { get; }

    /// <summary>The slots whose node is marked unschedulable.</summary>
    NodeSet Unschedulable { get; }

    /// <summary>Changes whenever a node's images change or a node comes or goes.</summary>
    long ImageEpoch { get; }

    /// <summary>Names of resources, by column.</summary>
    IReadOnlyList<string> Resources { get; }

    /// <returns>-1 when there is no such node.</returns>
    int FindSlot(string nodeName);

    /// <returns>-1 when no node and no pod has named the resource.</returns>
    int FindResource(string name);

    /// <summary>What nodes offer to pods.</summary>
    ReadOnlySpan<long> Allocatable(int resource);

    /// <summary>What the pods on the nodes ask for; for <see cref="ResourceColumns.Pods"/>, how many they are.</summary>
    ReadOnlySpan<long> Requested(int resource);

    /// <summary>As <see cref="Requested"/>, with amounts in place of requests for cpu and memory that containers leave out.</summary>
    ReadOnlySpan<long> NonZeroRequested(int resource);

    /// <summary>Per slot a number for the value of a label, -1 where the node lacks it. Kept up to date once it was asked for.</summary>
    ReadOnlySpan<int> TopologyDomains(string labelKey);

    /// <summary>How many numbers <see cref="TopologyDomains"/> has given out for the label.</summary>
    int TopologyDomainCount(string labelKey);

    /// <summary>Per slot how many pods the matcher selects. Kept up to date by events once it was asked for, so asking again costs nothing.</summary>
    ReadOnlySpan<int> CountPods(PodMatcher matcher);

    /// <summary>How many pods on nodes use the claim.</summary>
    int PodsUsingClaim(string namespaceName, string claimName);

    /// <summary>The distinct terms of that kind that pods on nodes have, with where these pods are.</summary>
    IReadOnlyCollection<IRuleCount> RulesOfPods(PodRuleKind kind);

    /// <summary>The labels of a namespace; null when it is not known.</summary>
    IReadOnlyDictionary<string, string>? NamespaceLabels(string name);
}
