using NodeAgent.KubeApi.Selectors;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Users;
using V1Node = NodeAgent.KubeApi.Core.V1.Node;

namespace NodeAgent.Kubelet.Node;

/// <summary>Whether this node takes a pod that was sent to it, by the same rules as the scheduler's.</summary>
/// <param name="node">The node as the API server has it; null while it is not known.</param>
/// <param name="gates">Asked first, in this order: the node's pressure, its sysctls, its shutdown.</param>
internal sealed class NodeAdmission(NodeFacts facts, Func<V1Node?> node, params IReadOnlyList<Func<Pod, Verdict?>> gates)
{
    private const string OsLabel = "kubernetes.io/os";
    private const string ThisOs = "linux";

    /// <summary>Reads the node anew, for a pod that is to be refused for what the node seems to be; null when that cannot be done.</summary>
    public Func<V1Node?> Refresh { get; init; } = () => null;

    /// <summary>Asked last, in order; the first refusal counts.</summary>
    public IReadOnlyList<Func<Pod, Verdict?>> More { get; init; } = [];

    /// <summary>Why a pod that is here cannot get other resources, ever.</summary>
    public Func<Pod, string?> NoResize { get; init; } = _ => null;

    /// <param name="active">The pods that hold resources of the node now.</param>
    public AdmissionOutcome Check(Pod pod, IReadOnlyCollection<Pod> active)
    {
        foreach (var gate in gates)
        {
            if (gate(pod) is { } closed)
            {
                return new AdmissionOutcome(closed, []);
            }
        }

        if (pod.Metadata.Labels.TryGetValue(OsLabel, out var wanted) && wanted != ThisOs)
        {
            return AdmissionOutcome.Refuse("PodOSSelectorNodeLabelDoesNotMatch", $"Failed to admit pod as the `{OsLabel}` label doesn't match node label");
        }

        if (pod.Spec.Os is { Name: not ("" or ThisOs) })
        {
            return AdmissionOutcome.Refuse("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS");
        }

        var known = node();
        if (pod.Spec.SecurityContext?.SupplementalGroupsPolicy == "Strict" && known is not null && known.Status?.Features?.SupplementalGroupsPolicy != true)
        {
            return AdmissionOutcome.Refuse("SupplementalGroupsPolicyNotSupported", "SupplementalGroupsPolicy=Strict is not supported in this node");
        }

        if (pod.Spec.HostNetwork && UserNamespaces.IsWanted(pod) && known is not null && known.Status?.DeclaredFeatures.Contains(FeatureGates.UserNamespacesOnHostNetwork) != true)
        {
            return AdmissionOutcome.Refuse(
                "PodFeatureUnsupported",
                $"hostNetwork beside hostUsers: false is not supported in this node: it takes the feature gate {FeatureGates.UserNamespacesOnHostNetwork}, and a container engine that has it");
        }

        var shortages = Shortages(pod, active, known);
        if ((CheckNode(pod, known) ?? CheckTaints(pod, known)) is not null || shortages.Any(s => !facts.Allocatable.ContainsKey(s.Resource)))
        {
            known = Refresh() ?? known;
            shortages = Shortages(pod, active, known);
        }

        var other = CheckNode(pod, known) ?? CheckPorts(pod, active) ?? CheckTaints(pod, known) ?? More.Select(check => check(pod)).FirstOrDefault(v => v is not null);
        if (pod.IsCritical() && shortages.Count > 0)
        {
            return other is not null ? new AdmissionOutcome(other, []) : Preempt(pod, active, shortages);
        }

        return shortages.Count > 0
            ? AdmissionOutcome.Refuse(shortages[0].Reason, shortages[0].ToString())
            : new AdmissionOutcome(other, []);
    }

    /// <summary>Whether a pod that is here may get other resources.</summary>
    /// <param name="others">The pods that hold resources beside it.</param>
    /// <returns>Why it may not, now or ever; null when it may.</returns>
    public ResizeRequest? CheckResize(Pod desired, IReadOnlyCollection<Pod> others)
    {
        if (desired.IsStatic())
        {
            return new ResizeRequest(desired, ResizeRequest.Infeasible, "In-place resize of static-pods is not supported", "static_pod");
        }

        if (NoResize(desired) is { } why)
        {
            return new ResizeRequest(desired, ResizeRequest.Infeasible, why, why.Contains("CPU Manager", StringComparison.Ordinal) ? "guaranteed_pod_cpu_manager_static_policy" : "guaranteed_pod_memory_manager_static_policy");
        }

        var requested = PodResourceSums.Requests(desired);
        foreach (var name in (string[])[ResourceAmounts.Cpu, ResourceAmounts.Memory])
        {
            var capacity = facts.Allocatable.TryGetValue(name, out var quantity) ? ResourceAmounts.Count(name, quantity) : 0;
            if (requested.GetValueOrDefault(name) > capacity)
            {
                return new ResizeRequest(desired, ResizeRequest.Infeasible, $"Node didn't have enough capacity: {name}, requested: {requested[name]}, capacity: {capacity}");
            }
        }

        return Shortages(desired, others, node()).FirstOrDefault(s => s.Resource is ResourceAmounts.Cpu or ResourceAmounts.Memory) is { Resource: not null } shortage
            ? new ResizeRequest(desired, ResizeRequest.Deferred, shortage.ToString())
            : null;
    }

    private static AdmissionOutcome Preempt(Pod pod, IReadOnlyCollection<Pod> active, IReadOnlyList<Shortage> shortages)
    {
        var victims = CriticalPreemption.Choose(pod, active, shortages, out var unmet);
        return victims is { } chosen
            ? new AdmissionOutcome(null, chosen) { Short = shortages[0].Resource }
            : AdmissionOutcome.Refuse("UnexpectedAdmissionError", $"Unexpected error while attempting to recover from admission failure: preemption: error finding a set of pods to preempt: no set of running pods found to reclaim resources: {unmet}");
    }

    private static Verdict? CheckNode(Pod pod, V1Node? known) => known is null || NodeAffinityMatcher.Of(pod).Matches(known)
        ? null
        : new Verdict("NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector");

    private static Verdict? CheckTaints(Pod pod, V1Node? known) =>
        known is null || pod.IsStatic() || Tolerations.FindUntolerated(known.Spec?.Taints ?? [], pod.Spec.Tolerations, t => t.Effect == "NoExecute") is null
            ? null
            : new Verdict("TaintToleration", "Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate");

    private static Verdict? CheckPorts(Pod pod, IReadOnlyCollection<Pod> active)
    {
        var taken = active.SelectMany(HostPorts).ToList();
        return HostPorts(pod).Any(wanted => taken.Any(t => Clash(t, wanted)))
            ? new Verdict("NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports")
            : null;
    }

    private List<Shortage> Shortages(Pod pod, IReadOnlyCollection<Pod> active, V1Node? known)
    {
        List<Shortage> found = [];
        if (facts.Allocatable.TryGetValue("pods", out var most) && active.Count + 1 > most.Value)
        {
            found.Add(new Shortage("pods", 1, active.Count, most.Value));
        }

        var requested = PodResourceSums.Requests(pod);
        if (requested.Values.All(v => v == 0))
        {
            return found;
        }

        var used = active.Select(PodResourceSums.Requests).ToList();
        foreach (var (name, amount) in requested.Where(r => r.Value > 0).OrderBy(r => Order(r.Key)))
        {
            // An extended resource that the node does not know is the cluster's, not the node's.
            if (!facts.Allocatable.TryGetValue(name, out var quantity) && known?.Status?.Allocatable.TryGetValue(name, out quantity) != true && name.Contains('/', StringComparison.Ordinal))
            {
                continue;
            }

            var shortage = new Shortage(name, amount, used.Sum(u => u.GetValueOrDefault(name)), quantity is null ? 0 : ResourceAmounts.Count(name, quantity));
            if (shortage.Missing > 0)
            {
                found.Add(shortage);
            }
        }

        return found;
    }

    /// <summary>The first shortage is the one that is told: in upstream's order.</summary>
    private static int Order(string resource) => resource switch
    {
        ResourceAmounts.Cpu => 0,
        ResourceAmounts.Memory => 1,
        ResourceAmounts.EphemeralStorage => 2,
        _ => 3,
    };

    private static IEnumerable<ContainerPort> HostPorts(Pod pod) => pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(c => c.IsSidecar())).SelectMany(c => c.Ports).Where(p => p.HostPort > 0);

    private static bool Clash(ContainerPort left, ContainerPort right) =>
        left.HostPort == right.HostPort && Protocol(left) == Protocol(right) && (IsAny(left.HostIP) || IsAny(right.HostIP) || left.HostIP == right.HostIP);

    private static string Protocol(ContainerPort port) => port.Protocol.Length > 0 ? port.Protocol : "TCP";

    private static bool IsAny(string ip) => ip is "" or "0.0.0.0" or "::";
}
