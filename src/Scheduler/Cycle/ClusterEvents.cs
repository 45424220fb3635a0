using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What has changed between two revisions of an object, as far as scheduling can care.</summary>
internal static class ClusterEvents
{
    public static readonly ClusterEvent NodeAdd = new(EventResource.Node, ActionType.Add);
    public static readonly ClusterEvent NodeDelete = new(EventResource.Node, ActionType.Delete);
    public static readonly ClusterEvent AssignedPodAdd = new(EventResource.Pod, ActionType.Add, "AssignedPodAdd");
    public static readonly ClusterEvent UnscheduledPodAdd = new(EventResource.Pod, ActionType.Add, "UnschedulablePodAdd");
    public static readonly ClusterEvent AssignedPodDelete = new(EventResource.Pod, ActionType.Delete, "AssignedPodDelete");
    public static readonly ClusterEvent Everything = new(EventResource.Any, ActionType.All, "ForceActivate");

    public static List<ClusterEvent> OfNode(Node before, Node after)
    {
        var events = new List<ClusterEvent>();
        Add(events, EventResource.Node, ActionType.UpdateNodeAllocatable, !Equal(before.Status?.Allocatable, after.Status?.Allocatable));
        Add(events, EventResource.Node, ActionType.UpdateNodeLabel, !before.Metadata.Labels.Equals(after.Metadata.Labels));
        Add(events, EventResource.Node, ActionType.UpdateNodeTaint, (before.Spec?.Unschedulable ?? false) != (after.Spec?.Unschedulable ?? false) || !Equal(before.Spec?.Taints, after.Spec?.Taints));
        Add(events, EventResource.Node, ActionType.UpdateNodeCondition, !ConditionsOf(before).SequenceEqual(ConditionsOf(after)));
        Add(events, EventResource.Node, ActionType.UpdateNodeAnnotation, !before.Metadata.Annotations.Equals(after.Metadata.Annotations));
        Add(events, EventResource.Node, ActionType.UpdateNodeDeclaredFeature, !Equal(before.Status?.DeclaredFeatures, after.Status?.DeclaredFeatures));
        return events;
    }

    public static List<ClusterEvent> OfPod(PodInfo before, PodInfo after)
    {
        var events = new List<ClusterEvent>();
        Add(events, EventResource.Pod, ActionType.UpdatePodLabel, !ReferenceEquals(before.Labels, after.Labels));
        Add(events, EventResource.Pod, ActionType.UpdatePodScaleDown, !ReferenceEquals(before.Template, after.Template) && before.Template.Requests.Any(r => after.Template.Request(r.Resource) < r.Amount));
        Add(events, EventResource.Pod, ActionType.UpdatePodToleration, before.Template.Tolerations.Count != after.Template.Tolerations.Count);
        Add(events, EventResource.Pod, ActionType.UpdatePodSchedulingGatesEliminated, before.Pod.Spec.SchedulingGates.Count > 0 && after.Pod.Spec.SchedulingGates.Count == 0);
        Add(events, EventResource.Pod, ActionType.UpdatePodGeneratedResourceClaim, !before.Pod.Status.ResourceClaimStatuses.Equals(after.Pod.Status.ResourceClaimStatuses));
        if (events.Count == 0)
        {
            events.Add(new ClusterEvent(EventResource.Pod, ActionType.UpdateOther));
        }

        return events;
    }

    private static void Add(List<ClusterEvent> events, EventResource resource, ActionType action, bool hasHappened)
    {
        if (hasHappened)
        {
            events.Add(new ClusterEvent(resource, action));
        }
    }

    private static bool Equal<T>(T? left, T? right)
        where T : class => left is null ? right is null : left.Equals(right);

    /// <summary>Without the times, which move with every heartbeat.</summary>
    private static IEnumerable<(string Type, string Status)> ConditionsOf(Node node) => (node.Status?.Conditions ?? []).Select(c => (c.Type, c.Status));
}
