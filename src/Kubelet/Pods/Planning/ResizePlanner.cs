using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Planning;

/// <summary>Which running containers have other resources than their pod asks for now. Pure.</summary>
internal static class ResizePlanner
{
    private const string RestartPolicy = "RestartContainer";
    private static readonly string[] Resizable = [ResourceAmounts.Cpu, ResourceAmounts.Memory];

    /// <param name="actual">What each container has, by its id; one that is missing has what its spec says.</param>
    public static ImmutableArray<ContainerResize> Plan(Pod pod, ObservedPod observed, IReadOnlyDictionary<string, ResourceRequirements> actual)
    {
        var plan = ImmutableArray.CreateBuilder<ContainerResize>();
        foreach (var (spec, kind) in pod.AllContainers().Where(c => c.Kind is ContainerKind.Main or ContainerKind.Sidecar))
        {
            if (observed.Latest(spec.Name) is { IsRunning: true } running && actual.TryGetValue(running.Id, out var has))
            {
                var changed = Resizable.Where(name => !Same(name, has, spec.Resources)).ToList();
                if (changed.Count > 0)
                {
                    plan.Add(new ContainerResize(running, spec, kind, changed.Any(name => spec.ResizePolicy.Any(p => p.ResourceName == name && p.RestartPolicy == RestartPolicy))));
                }
            }
        }

        return plan.ToImmutable();
    }

    /// <summary>Whether two versions of a pod ask for the same of what can be resized.</summary>
    public static bool AskForTheSame(Pod left, Pod right) =>
        left.AllContainers().Zip(right.AllContainers()).All(p => Resizable.All(name => Same(name, p.First.Spec.Resources, p.Second.Spec.Resources)));

    /// <summary>The pod with the resources of another version of it.</summary>
    public static Pod WithResourcesOf(Pod pod, Pod other)
    {
        var result = pod.Clone();
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
