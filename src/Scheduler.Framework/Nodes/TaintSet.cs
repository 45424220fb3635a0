using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>The taints of a node; one instance for all nodes that have the same.</summary>
/// <param name="Id">The index in <see cref="INodeTable.TaintSets"/>.</param>
public sealed record TaintSet(int Id, IReadOnlyList<Taint> Taints);
