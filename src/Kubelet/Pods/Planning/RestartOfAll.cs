using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>
/// The action RestartAllContainers of restart rules: a container that ends with a certain exit code has its pod start again in
/// the same sandbox, init containers included. Pure.
/// </summary>
internal static class RestartOfAll
{
    /// <summary>Whether the newest instance of some container ended so.</summary>
    public static bool IsAsked(Pod pod, ObservedPod observed) =>
        Restartable(pod).Any(c => observed.Latest(c.Spec.Name) is { IsExited: true } latest && c.Spec.RestartsAll(latest.ExitCode));

    /// <summary>Whether the pod is between such an end and its new start, as the status that was composed last tells it.</summary>
    public static bool IsUnderWay(Pod pod, PodStatus previous) =>
        previous.Conditions.Any(c => c is { Type: Statuses.PodConditions.AllContainersRestarting, Status: Statuses.PodConditions.True })
        || previous.InitContainerStatuses.Concat(previous.ContainerStatuses).Any(s =>
            s.State?.Terminated is { } ended && Restartable(pod).Any(c => c.Spec.Name == s.Name && c.Spec.RestartsAll(ended.ExitCode)));

    /// <summary>Whether nothing of the containers is left in the runtime.</summary>
    public static bool IsCleanedUp(Pod pod, ObservedPod observed) => Restartable(pod).All(c => observed.Latest(c.Spec.Name) is null);

    /// <returns>Every instance that has to go; empty when all is to stay.</returns>
    public static ImmutableArray<ContainerReset> Plan(Pod pod, ObservedPod observed)
    {
        if (!pod.Spec.CanRestartAll() || !IsAsked(pod, observed))
        {
            return [];
        }

        var specs = Restartable(pod).ToDictionary(c => c.Spec.Name);
        return
        [
            .. observed.Containers
                .Where(c => specs.ContainsKey(c.Name))
                .Select(c => new ContainerReset(c, specs[c.Name].Spec, specs[c.Name].Kind, c.IsExited && specs[c.Name].Spec.RestartsAll(c.ExitCode)))
                .OrderBy(r => r.IsCause)
                .ThenByDescending(r => r.Kind == ContainerKind.Main),
        ];
    }

    private static IEnumerable<(Container Spec, ContainerKind Kind)> Restartable(Pod pod) => pod.AllContainers().Where(c => c.Kind != ContainerKind.Ephemeral);
}
