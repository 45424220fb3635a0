namespace NodeAgent.Scheduler.Framework.Events;

/// <summary>Whether an event can have made a refused pod schedulable.</summary>
public enum QueueingHint
{
    /// <summary>It cannot.</summary>
    Skip,

    /// <summary>It may have: try the pod again.</summary>
    Queue,
}
