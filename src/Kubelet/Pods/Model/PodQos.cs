using Google.Protobuf.Collections;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>The quality-of-service class of a pod, from the CPU and memory that its containers ask for.</summary>
internal static class PodQos
{
    public const string Guaranteed = "Guaranteed";
    public const string Burstable = "Burstable";
    public const string BestEffort = "BestEffort";

    private static readonly string[] Counted = ["cpu", "memory"];

    public static string Of(Pod pod)
    {
        // Resources of the pod itself, when it names any, stand for all of its containers.
        List<ResourceRequirements?> all = pod.Spec.Resources is { } own && (own.Limits.Count > 0 || own.Requests.Count > 0)
            ? [own]
            : [.. pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(c => c.Resources)];
        var asked = all.Any(r => r is not null && Counted.Any(name => IsSet(r.Requests, name) || IsSet(r.Limits, name)));
        if (!asked)
        {
            return BestEffort;
        }

        return all.All(r => r is not null && Counted.All(name => IsSet(r.Limits, name) && RequestIsLimit(r, name))) ? Guaranteed : Burstable;
    }

    private static bool IsSet(MapField<string, KubeApi.Meta.Quantity> list, string name) =>
        list.TryGetValue(name, out var quantity) && !ResourceAmounts.IsZero(quantity);

    private static bool RequestIsLimit(ResourceRequirements resources, string name) =>
        !resources.Requests.TryGetValue(name, out var request) || ResourceAmounts.Same(request, resources.Limits[name]);
}
