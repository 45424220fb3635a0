using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Something that the decision loop has to take over before its next decision.</summary>
/// <param name="Old">The object before; null when it was added.</param>
/// <param name="New">The object after; null when it was deleted.</param>
internal readonly record struct Change(ChangeKind Kind, object? Old, object? New, ClusterEvent Event = default)
{
    /// <summary>What has come, as upstream's metrics name it.</summary>
    public string Label => Kind switch
    {
        ChangeKind.Pod => IsAssigned ? Pick("AssignedPodAdd", "AssignedPodUpdate", "AssignedPodDelete") : Pick("UnschedulablePodAdd", "UnschedulablePodUpdate", "UnschedulablePodDelete"),
        ChangeKind.Node => Pick("NodeAdd", "NodeUpdate", "NodeDelete"),
        ChangeKind.Namespace => Pick("NamespaceAdd", "NamespaceUpdate", "NamespaceDelete"),
        _ => Event.ToString(),
    };

    private bool IsAssigned => (New ?? Old) is Pod { Spec.NodeName.Length: > 0 };

    private string Pick(string added, string updated, string deleted) => New is null ? deleted : Old is null ? added : updated;
}
