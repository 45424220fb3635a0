namespace NodeAgent.KubeApi.Objects;

/// <summary>What counts towards a pod's requests and limits.</summary>
/// <param name="UseStatus">Takes what the kubelet allocated and applied into account while a resize is under way.</param>
/// <param name="UsePodLevelStatus">The same for the resources of the pod as a whole; upstream's gate InPlacePodLevelResourcesVerticalScaling.</param>
/// <param name="SkipOverhead">Leaves the runtime class's overhead out.</param>
/// <param name="SkipPodLevel">Looks at the containers only.</param>
/// <param name="SkipContainers">Looks at the pod-level resources only.</param>
/// <param name="DefaultRequests">Stands in for requests that a container does not name; one that it names, even as zero, stays.</param>
public sealed record PodResourceOptions(
    bool UseStatus = false,
    bool UsePodLevelStatus = false,
    bool SkipOverhead = false,
    bool SkipPodLevel = false,
    bool SkipContainers = false,
    IReadOnlyDictionary<string, Meta.QuantityValue>? DefaultRequests = null)
{
    public static PodResourceOptions Default { get; } = new();
}
