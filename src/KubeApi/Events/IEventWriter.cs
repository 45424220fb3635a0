namespace NodeAgent.KubeApi.Events;

/// <summary>Joins events with those before it and says what is to be written. Used by one loop, one call at a time.</summary>
internal interface IEventWriter
{
    /// <summary>How often <see cref="Maintain"/> is to be called; infinite for never.</summary>
    TimeSpan MaintainInterval { get; }

    /// <summary>Takes the event in.</summary>
    /// <returns>What must be written for it; null when nothing must.</returns>
    EventWrite? Join(PendingEvent pending);

    /// <summary>What must be written without a new event: series that go on, or that have ended.</summary>
    IReadOnlyList<EventWrite> Maintain(bool isLast);
}
