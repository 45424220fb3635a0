namespace NodeAgent.KubeApi.Events;

/// <summary>Tells users what happened to an object (<c>kubectl get events</c>).</summary>
/// <remarks>
/// Never blocks and never throws: events wait in a bounded queue, the oldest are dropped (and counted) when it is full.
/// Equal events are joined into a series as upstream does.
/// </remarks>
public interface IEventRecorder
{
    /// <param name="regarding">The object that the event is about.</param>
    /// <param name="type">Normal or Warning.</param>
    /// <param name="reason">CamelCase, short, for machines: <c>Started</c>, <c>FailedScheduling</c>.</param>
    /// <param name="message">For people; cut at 1024 bytes.</param>
    /// <param name="action">What the component did or tried, such as <c>Binding</c>; null when the reason says it.</param>
    /// <param name="related">A second object that takes part.</param>
    void Record(Core.V1.ObjectReference regarding, EventType type, string reason, string message, string? action = null, Core.V1.ObjectReference? related = null);
}

/// <summary>Whether somebody should look.</summary>
public enum EventType
{
    Normal,
    Warning,
}
