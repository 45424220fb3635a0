using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using QuantityMap = System.Collections.Generic.IReadOnlyDictionary<string, NodeAgent.KubeApi.Meta.Quantity>;

namespace NodeAgent.KubeApi.Objects;

/// <summary>What a pod as a whole asks for, by the rules of the API.</summary>
/// <remarks>
/// Containers run together, so they add up; so do sidecars (init containers that restart always). Any other init container
/// runs alone beside the sidecars that started before it: it raises the total where it needs more at its moment.
/// Pod-level amounts, where given, take the place of the sum. Overhead comes on top.
/// </remarks>
public static class PodResources
{
    public static ResourceAmounts Requests(Pod pod, PodResourceOptions? options = null)
    {
        options ??= PodResourceOptions.Default;
        var requests = options.SkipContainers ? [] : Total(pod, (container, isSidecarOrMain) => ContainerRequests(pod, container, options, isSidecarOrMain));
        if (!options.SkipPodLevel && pod.Spec?.Resources is { } podLevel)
        {
            var inEffect = options is { UsePodLevelStatus: true, UseStatus: true } && pod.Status?.Resources is { } applied
                ? EffectiveRequests(pod, podLevel.Requests, applied.Requests, pod.Status.AllocatedResources)
                : ResourceAmounts.From(podLevel.Requests);
            ReplacePodLevel(requests, podLevel.Requests, inEffect);
        }

        if (!options.SkipOverhead && pod.Spec is { } spec)
        {
            requests.AddAll(ResourceAmounts.From(spec.Overhead));
        }

        return requests;
    }

    public static ResourceAmounts Limits(Pod pod, PodResourceOptions? options = null)
    {
        options ??= PodResourceOptions.Default;
        var limits = Total(pod, (container, isSidecarOrMain) => ContainerLimits(pod, container, options, isSidecarOrMain));
        if (!options.SkipPodLevel && pod.Spec?.Resources is { } podLevel)
        {
            var inEffect = options is { UsePodLevelStatus: true, UseStatus: true } && pod.Status?.Resources is { } applied
                ? EffectiveLimits(pod, podLevel.Limits, applied.Limits)
                : ResourceAmounts.From(podLevel.Limits);
            ReplacePodLevel(limits, podLevel.Limits, inEffect);
        }

        if (!options.SkipOverhead && pod.Spec is { } spec)
        {
            foreach (var (name, quantity) in spec.Overhead)
            {
                if (limits.TryGetValue(name, out var limit) && !limit.IsZero)
                {
                    limits[name] = limit + quantity.Amount;
                }
            }
        }

        return limits;
    }

    /// <summary>An init container that keeps running beside the main ones.</summary>
    public static bool IsSidecar(Container initContainer) => initContainer.RestartPolicy == "Always";

    private static ResourceAmounts Total(Pod pod, Func<Container, bool, ResourceAmounts> amountsOf)
    {
        var total = new ResourceAmounts();
        if (pod.Spec is not { } spec)
        {
            return total;
        }

        foreach (var container in spec.Containers)
        {
            total.AddAll(amountsOf(container, true));
        }

        var sidecars = new ResourceAmounts();
        var peak = new ResourceAmounts();
        foreach (var container in spec.InitContainers)
        {
            var amounts = amountsOf(container, IsSidecar(container));
            if (IsSidecar(container))
            {
                total.AddAll(amounts);
                sidecars.AddAll(amounts);
                peak.RaiseTo(sidecars);
            }
            else
            {
                amounts.AddAll(sidecars);
                peak.RaiseTo(amounts);
            }
        }

        total.RaiseTo(peak);
        return total;
    }

    private static ResourceAmounts ContainerRequests(Pod pod, Container container, PodResourceOptions options, bool canBeResized)
    {
        var status = options.UseStatus && canBeResized ? FindStatus(pod, container.Name) : null;
        var requests = status?.Resources is { } applied
            ? EffectiveRequests(pod, container.Resources?.Requests, applied.Requests, status.AllocatedResources)
            : ResourceAmounts.From(container.Resources?.Requests);
        foreach (var (name, amount) in options.DefaultRequests ?? new Dictionary<string, QuantityValue>())
        {
            requests.TryAdd(name, amount);
        }

        return requests;
    }

    private static ResourceAmounts ContainerLimits(Pod pod, Container container, PodResourceOptions options, bool canBeResized)
    {
        var status = options.UseStatus && canBeResized ? FindStatus(pod, container.Name) : null;
        return status?.Resources is { } applied
            ? EffectiveLimits(pod, container.Resources?.Limits, applied.Limits)
            : ResourceAmounts.From(container.Resources?.Limits);
    }

    private static ResourceAmounts EffectiveRequests(Pod pod, QuantityMap? wanted, QuantityMap applied, QuantityMap allocated)
    {
        var amounts = ResourceAmounts.From(applied);
        amounts.RaiseTo(ResourceAmounts.From(allocated));
        if (!IsResizeInfeasible(pod))
        {
            amounts.RaiseTo(ResourceAmounts.From(wanted));
        }

        return amounts;
    }

    private static ResourceAmounts EffectiveLimits(Pod pod, QuantityMap? wanted, QuantityMap applied)
    {
        var amounts = ResourceAmounts.From(applied);
        if (!IsResizeInfeasible(pod))
        {
            amounts.RaiseTo(ResourceAmounts.From(wanted));
        }

        return amounts;
    }

    private static void ReplacePodLevel(ResourceAmounts amounts, QuantityMap named, ResourceAmounts inEffect)
    {
        foreach (var name in named.Keys.Where(ResourceNames.IsPodLevel))
        {
            amounts[name] = inEffect.Get(name);
        }
    }

    private static bool IsResizeInfeasible(Pod pod) =>
        pod.Status?.Conditions.FirstOrDefault(c => c.Type == "PodResizePending")?.Reason == "Infeasible";

    private static ContainerStatus? FindStatus(Pod pod, string name) =>
        pod.Status?.ContainerStatuses.FirstOrDefault(s => s.Name == name) ?? pod.Status?.InitContainerStatuses.FirstOrDefault(s => s.Name == name);
}
