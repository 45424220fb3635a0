using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Explain;

/// <summary>Cluster events in words.</summary>
internal static class EventWords
{
    private static readonly (ActionType Action, string Words)[] Words =
    [
        (ActionType.Add, "is added"),
        (ActionType.Delete, "is deleted"),
        (ActionType.UpdateNodeAllocatable, "changes what it offers"),
        (ActionType.UpdateNodeLabel, "changes its labels"),
        (ActionType.UpdateNodeTaint, "changes its taints or is uncordoned"),
        (ActionType.UpdateNodeCondition, "changes its conditions"),
        (ActionType.UpdateNodeAnnotation, "changes its annotations"),
        (ActionType.UpdateNodeDeclaredFeature, "declares other features"),
        (ActionType.UpdatePodLabel, "changes its labels"),
        (ActionType.UpdatePodScaleDown, "asks for less"),
        (ActionType.UpdatePodToleration, "tolerates more"),
        (ActionType.UpdatePodSchedulingGatesEliminated, "loses its scheduling gates"),
        (ActionType.UpdatePodGeneratedResourceClaim, "gets its resource claims"),
        (ActionType.UpdateOther, "changes"),
    ];

    public static string Write(ClusterEvent clusterEvent)
    {
        var subject = clusterEvent.Resource == EventResource.Any ? "anything" : $"a {clusterEvent.Resource}";
        var actions = (clusterEvent.Action & ActionType.Update) == ActionType.Update
            ? Words.Where(w => w.Action is ActionType.Add or ActionType.Delete or ActionType.UpdateOther && (clusterEvent.Action & w.Action) != 0)
            : Words.Where(w => (clusterEvent.Action & w.Action) != 0);
        return $"{subject} {string.Join(", or ", actions.Select(w => w.Words).Distinct())}";
    }
}
