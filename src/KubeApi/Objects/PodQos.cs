using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.KubeApi.Objects;

/// <summary>The quality-of-service class of a pod: who is throttled and evicted last.</summary>
public static class PodQos
{
    public const string Guaranteed = "Guaranteed";
    public const string Burstable = "Burstable";
    public const string BestEffort = "BestEffort";

    /// <summary>The class that the status has recorded; worked out when there is none yet.</summary>
    public static string Of(Pod pod) => pod.Status?.QosClass is { Length: > 0 } recorded ? recorded : Compute(pod);

    /// <summary>
    /// BestEffort when nobody asks for cpu or memory, Guaranteed when everybody limits both and asks for as much,
    /// Burstable in between. Pod-level resources, where given, decide alone.
    /// </summary>
    public static string Compute(Pod pod)
    {
        if (pod.Spec is not { } spec)
        {
            return BestEffort;
        }

        var requests = new ResourceAmounts();
        var limits = new ResourceAmounts();
        var isGuaranteed = true;
        if (spec.Resources is { } podLevel)
        {
            requests.AddAll(Counted(podLevel.Requests));
            limits.AddAll(Counted(podLevel.Limits));
            isGuaranteed = podLevel.Limits.Count == 0 || limits.Count == 2;
        }
        else
        {
            foreach (var container in spec.Containers.Concat(spec.InitContainers))
            {
                requests.AddAll(Counted(container.Resources?.Requests));
                var limited = Counted(container.Resources?.Limits);
                limits.AddAll(limited);
                isGuaranteed &= limited.Count == 2;
            }
        }

        if (requests.Count == 0 && limits.Count == 0)
        {
            return BestEffort;
        }

        var isEqual = requests.Count == limits.Count && requests.All(r => limits.TryGetValue(r.Key, out var limit) && limit == r.Value);
        return isGuaranteed && isEqual ? Guaranteed : Burstable;
    }

    private static ResourceAmounts Counted(IReadOnlyDictionary<string, Quantity>? list) =>
        new(ResourceAmounts.From(list).Where(r => r.Key is ResourceNames.Cpu or ResourceNames.Memory && r.Value.Sign > 0));
}
