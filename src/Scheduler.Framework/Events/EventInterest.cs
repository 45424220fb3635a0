using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Events;

/// <summary>A kind of event after which a pod that the plugin refused is worth another try.</summary>
/// <param name="Hint">
/// Looks closer, given the refused pod and the object before (null when it was added) and after (null when it was deleted).
/// Without it every such event counts. Called on the decision loop: it must be quick. One that throws counts as <see cref="QueueingHint.Queue"/>.
/// </param>
public sealed record EventInterest(ClusterEvent Event, Func<PodInfo, object?, object?, QueueingHint>? Hint = null);
