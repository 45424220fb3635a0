using NodeAgent.KubeApi.Selectors;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Node;

/// <summary>Whether this node takes a pod that was sent to it, by the same rules as the scheduler's.</summary>
/// <param name="node">The node as the API server has it; null while it is not known.</param>
internal sealed class NodeAdmission(NodeFacts facts, Func<V1Node?> node)
{
    /// <summary>Asked last, in order; the first refusal counts.</summary>
    public IReadOnlyList<Func<Pod, Verdict?>> More { get; init; } = [];

    /// <param name="active">The pods that hold resources of the node now.</param>
    /// <returns>Why it is refused; null when it is let in.</returns>
    public Verdict? Check(Pod pod, IReadOnlyCollection<Pod> active)
    {
        if (pod.Spec.Os is { Name: not ("" or "linux") } os)
        {
            return new Verdict("PodOSNotSupported", $"Failed to admit pod as the OS field doesn't match node OS: {os.Name}");
        }

        if (node() is { } known)
        {
            if (!NodeAffinityMatcher.Of(pod).Matches(known))
            {
                return new Verdict("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");
            }

            if (!pod.IsStatic() && Tolerations.FindUntolerated(known.Spec?.Taints ?? [], pod.Spec.Tolerations, t => t.Effect == "NoExecute") is not null)
            {
                return new Verdict("TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");
            }
        }

        return CheckPorts(pod, active) ?? CheckResources(pod, active) ?? More.Select(check => check(pod)).FirstOrDefault(v => v is not null);
    }

    private static Verdict? CheckPorts(Pod pod, IReadOnlyCollection<Pod> active)
    {
        var taken = active.SelectMany(HostPorts).ToList();
        return HostPorts(pod).Any(wanted => taken.Any(t => Clash(t, wanted)))
            ? new Verdict("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
            : null;
    }

    private Verdict? CheckResources(Pod pod, IReadOnlyCollection<Pod> active)
    {
        if (facts.Allocatable.TryGetValue("pods", out var most) && active.Count + 1 > most.Value)
        {
            return new Verdict("OutOfpods", $"Node didn't have enough resource: pods, requested: 1, used: {active.Count}, capacity: {most.Value}");
        }

        var requested = PodResourceSums.Requests(pod);
        if (requested.Values.All(v => v == 0))
        {
            return null;
        }

        var used = active.Select(PodResourceSums.Requests).ToList();
        foreach (var (name, amount) in requested.Where(r => r.Value > 0))
        {
            var capacity = facts.Allocatable.TryGetValue(name, out var quantity) ? ResourceAmounts.Count(name, quantity) : 0;
            var inUse = used.Sum(u => u.GetValueOrDefault(name));
            if (amount > capacity - inUse)
            {
                return new Verdict($"OutOf{name}", $"Node didn't have enough resource: {name}, requested: {amount}, used: {inUse}, capacity: {capacity}");
            }
        }

        return null;
    }

    private static IEnumerable<ContainerPort> HostPorts(Pod pod) => pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.IsSidecar())).SelectMany(c => c.Ports).Where(p => p.HostPort > 0);

    private static bool Clash(ContainerPort left, ContainerPort right) =>
        left.HostPort == right.HostPort && Protocol(left) == Protocol(right) && (IsAny(left.HostIP) || IsAny(right.HostIP) || left.HostIP == right.HostIP);

    private static string Protocol(ContainerPort port) => port.Protocol.Length > 0 ? port.Protocol : "TCP";

    private static bool IsAny(string ip) => ip is "" or "0.0.0.0" or "::";
}
