using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Events;

/// <summary>An event as it was recorded, before it is joined with others.</summary>
internal sealed record PendingEvent(
    ObjectReference Regarding, string Type, string Reason, string Message, string? Action, ObjectReference? Related, DateTimeOffset Time)
{
    /// <summary>Events about cluster-scoped objects live in the default namespace.</summary>
    public string Namespace => Regarding.Namespace.Length > 0 ? Regarding.Namespace : "default";
}
