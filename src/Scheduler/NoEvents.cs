using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;

namespace NodeAgent.Scheduler;

internal sealed class NoEvents : IEventRecorder
{
    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null)
    {
    }
}
