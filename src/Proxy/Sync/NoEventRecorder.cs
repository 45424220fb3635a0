using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;

namespace NodeAgent.Proxy.Sync;

/// <summary>For when nothing can be told to the API server.</summary>
internal sealed class NoEventRecorder : IEventRecorder
{
    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null)
    {
    }
}
