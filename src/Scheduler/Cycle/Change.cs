using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Something that the decision loop has to take over before its next decision.</summary>
/// <param name="Old">The object before; null when it was added.</param>
/// <param name="New">The object after; null when it was deleted.</param>
internal readonly record struct Change(ChangeKind Kind, object? Old, object? New, ClusterEvent Event = default);
