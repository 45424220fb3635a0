namespace NodeAgent.Scheduler.Framework.Events;

/// <summary>What happened to a resource.</summary>
[Flags]
public enum ActionType
{
    None = 0,
    Add = 1 << 0,
    Delete = 1 << 1,
    UpdateNodeAllocatable = 1 << 2,
    UpdateNodeLabel = 1 << 3,

    /// <summary>The node's taints or its unschedulable mark.</summary>
    UpdateNodeTaint = 1 << 4,
    UpdateNodeCondition = 1 << 5,
    UpdateNodeAnnotation = 1 << 6,
    UpdateNodeDeclaredFeature = 1 << 7,
    UpdatePodLabel = 1 << 8,

    /// <summary>A request of the pod became smaller.</summary>
    UpdatePodScaleDown = 1 << 9,
    UpdatePodToleration = 1 << 10,
    UpdatePodSchedulingGatesEliminated = 1 << 11,
    UpdatePodGeneratedResourceClaim = 1 << 12,

    /// <summary>Any update of a resource other than pods and nodes, or one of theirs that has no name above.</summary>
    UpdateOther = 1 << 13,

    Update = UpdateNodeAllocatable | UpdateNodeLabel | UpdateNodeTaint | UpdateNodeCondition | UpdateNodeAnnotation
        | UpdateNodeDeclaredFeature | UpdatePodLabel | UpdatePodScaleDown | UpdatePodToleration
        | UpdatePodSchedulingGatesEliminated | UpdatePodGeneratedResourceClaim | UpdateOther,
    All = Add | Delete | Update,
}
