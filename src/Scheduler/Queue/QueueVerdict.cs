namespace NodeAgent.Scheduler.Queue;

/// <summary>What an event means for a waiting pod.</summary>
internal enum QueueVerdict
{
    /// <summary>Nothing.</summary>
    Stay,

    /// <summary>Try it when its back-off is over.</summary>
    AfterBackoff,

    /// <summary>Try it at once.</summary>
    Now,
}
