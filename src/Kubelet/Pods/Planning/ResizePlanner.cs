using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>Which running containers have other resources than their pod asks for now. Pure.</summary>
internal static class ResizePlanner
{
    private const string RestartPolicy = "RestartContainer";
    private static readonly string[] Resizable = [ResourceAmounts.Cpu, ResourceAmounts.Memory];

    /// <param name="actual">What each container has, by its id; one that is missing has what its spec says.</param>
    /// <param name="ofPod">What the pod's cgroup was given of the pod's own resources; null when that is what the spec says.</param>
    public static ImmutableArray<ContainerResize> Plan(Pod pod, ObservedPod observed, IReadOnlyDictionary<string, ResourceRequirements> actual, ResourceRequirements? ofPod = null)
    {
        // A container without a limit of its own has the pod's.
        var inherited = PodChanged(pod, ofPod) ? Resizable.Where(name => Amount(ofPod?.Limits, name) != Amount(pod.Spec.Resources?.Limits, name)).ToList() : [];
        var plan = ImmutableArray.CreateBuilder<ContainerResize>();
        foreach (var (spec, kind) in pod.AllContainers().Where(c => c.Kind is ContainerKind.Main or ContainerKind.Sidecar))
        {
            if (observed.Latest(spec.Name) is { IsRunning: true } running && actual.TryGetValue(running.Id, out var has))
            {
                var changed = Resizable.Where(name => !Same(name, has, spec.Resources)).ToList();
                if (changed.Count > 0 || inherited.Any(name => Amount(spec.Resources?.Limits, name) <= 0))
                {
                    plan.Add(new ContainerResize(running, spec, kind, changed.Any(name => spec.ResizePolicy.Any(p => p.ResourceName == name && p.RestartPolicy == RestartPolicy))));
                }
            }
        }

        return plan.ToImmutable();
    }

    /// <summary>Whether the pod as a whole has other resources than it asks for now.</summary>
    public static bool PodChanged(Pod pod, ResourceRequirements? ofPod) => ofPod is not null && Resizable.Any(name => !Same(name, ofPod, pod.Spec.Resources));

    /// <summary>Whether two versions of a pod ask for the same of what can be resized.</summary>
    public static bool AskForTheSame(Pod left, Pod right) =>
        Resizable.All(name => Same(name, left.Spec.Resources, right.Spec.Resources)) &&
        left.AllContainers().Zip(right.AllContainers()).All(p => Resizable.All(name => Same(name, p.First.Spec.Resources, p.Second.Spec.Resources)));

    /// <summary>The pod with the resources of another version of it.</summary>
    public static Pod WithResourcesOf(Pod pod, Pod other)
    {
        var result = pod.Clone();
        result.Spec.Resources = other.Spec.Resources?.Clone();
        foreach (var (own, others) in result.Spec.InitContainers.Concat(result.Spec.Containers).Join(other.Spec.InitContainers.Concat(other.Spec.Containers), c => c.Name, c => c.Name, (a, b) => (a, b)))
        {
            own.Resources = others.Resources?.Clone();
        }

        return result;
    }

    private static bool Same(string name, ResourceRequirements? left, ResourceRequirements? right) =>
        Amount(left?.Requests, name) == Amount(right?.Requests, name) && Amount(left?.Limits, name) == Amount(right?.Limits, name);

    private static long Amount(IDictionary<string, KubeApi.Meta.Quantity>? list, string name) =>
        list is not null && list.TryGetValue(name, out var quantity) ? ResourceAmounts.Count(name, quantity) : -1;
}
