using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;

namespace NodeAgent.Kubelet.Startup;

/// <summary>Events of a kubelet without an API server: lines in its log.</summary>
internal sealed partial class LoggedEvents(ILogger<LoggedEvents> logger) : IEventRecorder
{
    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null) =>
        LogEvent(type == EventType.Warning ? LogLevel.Warning : LogLevel.Information, $"{regarding.Kind} {regarding.Namespace}/{regarding.Name}", reason, message);

    [LoggerMessage(EventId = 1, Message = "Event of {Object}: {Reason}: {Text}")]
    private partial void LogEvent(LogLevel level, string @object, string reason, string text);
}
