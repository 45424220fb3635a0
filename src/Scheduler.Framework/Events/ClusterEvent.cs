namespace NodeAgent.Scheduler.Framework.Events;

/// <summary>A change in the cluster, or the kind of change that a plugin wants to hear of.</summary>
/// <param name="Label">The event's name in metrics, where it is not made of the resource and the action.</param>
public readonly record struct ClusterEvent(EventResource Resource, ActionType Action, string? Label = null)
{
    /// <summary>Whether this event is of the kind that <paramref name="wanted"/> names.</summary>
    public bool IsOf(ClusterEvent wanted) =>
        (wanted.Resource == EventResource.Any || Resource == EventResource.Any || wanted.Resource == Resource) && (wanted.Action & Action) != 0;

    public override string ToString() => Label ?? $"{Resource}{(Action == ActionType.UpdateOther ? ActionType.Update : Action)}";
}
