namespace NodeAgent.Scheduler.Queue;

/// <summary>Where a pod is that has no node yet.</summary>
internal enum QueuePlace
{
    /// <summary>Being tried or bound.</summary>
    InFlight,

    /// <summary>Next to be tried.</summary>
    Active,

    /// <summary>Waits out its back-off.</summary>
    Backoff,

    /// <summary>Waits for an event that can make it schedulable.</summary>
    Unschedulable,
}
