using System.Collections.Concurrent;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;

namespace NodeAgent.Scheduler.Tests;

internal sealed class RecordedEvents : IEventRecorder
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;

    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null) =>
        _lines.Enqueue($"{type} {reason} {action} {regarding.Name}: {message}");
}
