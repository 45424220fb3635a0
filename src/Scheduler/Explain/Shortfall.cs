using System.Globalization;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Selectors;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins;

namespace NodeAgent.Scheduler.Explain;

/// <summary>Says of the objections of plugins that it knows by how much a node falls short.</summary>
internal static class Shortfall
{
    public static IReadOnlyList<string> Of(Status refusal, PodInfo pod, NodeInfo node) => refusal.Plugin switch
    {
        PluginNames.NodeResourcesFit => [.. Resources(pod, node).Select(r => r.Text)],
        PluginNames.TaintToleration => [.. Taints(pod, node)],
        PluginNames.NodeAffinity => [.. Labels(pod, node)],
        PluginNames.NodePorts => [.. pod.Template.HostPorts.Where(node.HasPortConflict).Select(p => $"host port {p.Port}/{p.Protocol} is taken")],
        PluginNames.NodeUnschedulable => ["the node is cordoned"],
        PluginNames.NodeName => [$"the pod is to run on {pod.Pod.Spec.NodeName} alone"],
        _ => [],
    };

    /// <summary>What is missing as a share of what the node has, over all resources: 0 when it is not for want of resources.</summary>
    public static double Gap(PodInfo pod, NodeInfo node) => Resources(pod, node).Sum(r => r.Gap);

    private static IEnumerable<(string Text, double Gap)> Resources(PodInfo pod, NodeInfo node)
    {
        var (pods, most) = (node.Requested(ResourceColumns.Pods), node.Allocatable(ResourceColumns.Pods));
        if (pods + 1 > most)
        {
            yield return ($"pods: {pods} of {most} are there", 1.0 / Math.Max(1, most));
        }

        foreach (var (resource, wanted) in pod.Template.Requests)
        {
            var allocatable = node.Allocatable(resource);
            var free = allocatable - node.Requested(resource);
            if (wanted > free)
            {
                var name = node.Table.Resources[resource];
                yield return ($"{name}: wants {Amount(resource, wanted)}, {Amount(resource, free)} free of {Amount(resource, allocatable)}", (wanted - free) / (double)Math.Max(1, Math.Max(wanted, allocatable)));
            }
        }
    }

    private static string Amount(int resource, long amount)
    {
        if (resource == ResourceColumns.Cpu)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{amount}m");
        }

        if (resource is not (ResourceColumns.Memory or ResourceColumns.EphemeralStorage))
        {
            return amount.ToString(CultureInfo.InvariantCulture);
        }

        var (unit, size) = Math.Abs(amount) >= 1L << 30 ? ("Gi", 1L << 30) : ("Mi", 1L << 20);
        return string.Create(CultureInfo.InvariantCulture, $"{amount / (double)size:0.##}{unit}");
    }

    private static IEnumerable<string> Taints(PodInfo pod, NodeInfo node) => node.Node.Spec.Taints
        .Where(t => Tolerations.KeepsAway(t) && !pod.Template.Tolerations.Any(o => o.Tolerates(t)))
        .Select(t => $"the taint {t.Key}{(t.Value.Length > 0 ? "=" + t.Value : "")}:{t.Effect} is not tolerated");

    private static IEnumerable<string> Labels(PodInfo pod, NodeInfo node)
    {
        var labels = node.Node.Metadata.Labels;
        foreach (var (key, value) in pod.Pod.Spec.NodeSelector)
        {
            if (!labels.TryGetValue(key, out var own) || own != value)
            {
                yield return $"wants the label {key}={value}, the node {(own is null ? "has no such label" : "has " + own)}";
            }
        }

        foreach (var term in pod.Template.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [])
        {
            var wanted = string.Join(" and ", term.MatchExpressions.Concat(term.MatchFields).Select(Write));
            var has = string.Join(", ", term.MatchExpressions.Select(e => $"{e.Key} {(labels.TryGetValue(e.Key, out var own) ? "= " + own : "missing")}"));
            yield return $"node affinity wants {wanted}; the node: {(has.Length > 0 ? has : node.Name)}";
        }
    }

    private static string Write(NodeSelectorRequirement requirement) =>
        requirement.Values.Count == 0 ? $"{requirement.Key} {requirement.Operator}" : $"{requirement.Key} {requirement.Operator} ({string.Join(", ", requirement.Values)})";
}
