using System.Collections.Concurrent;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Events;

namespace NodeAgent.Kubelet.Tests.Builders;

/// <summary>Keeps the events that are told.</summary>
internal sealed class FakeEvents : IEventRecorder
{
    public ConcurrentQueue<(string Reason, string Message)> Told { get; } = new();

    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null) => Told.Enqueue((reason, message));
}
