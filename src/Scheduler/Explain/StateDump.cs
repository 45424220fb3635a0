using System.Globalization;
using System.Text;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Explain;

/// <summary>The cache and the queue as text, and where the cache differs from what the informers have. Runs on the decision loop.</summary>
internal static class StateDump
{
    private const int MaxListed = 1_000;

    public static string Write(ClusterCache cache, SchedulingQueue queue, IStore<Node> nodes, IStore<Pod> pods)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Cache: {cache.Nodes.Count} nodes, {cache.PodCount} pods, {cache.AssumedCount} of them assumed\n");
        foreach (var slot in Slots(cache.Nodes).Take(MaxListed))
        {
            var node = cache.Nodes[slot];
            text.Append(CultureInfo.InvariantCulture, $"  node {node.Name}: {node.Pods.Count} pods, cpu {node.Requested(ResourceColumns.Cpu)}m of {node.Allocatable(ResourceColumns.Cpu)}m, memory {node.Requested(ResourceColumns.Memory)} of {node.Allocatable(ResourceColumns.Memory)}{(queue.Nominations.On(node.Name) is { Count: > 0 } nominated ? $", nominated: {string.Join(", ", nominated)}" : "")}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"Queue: {queue.ActiveCount} active, {queue.BackoffCount} in back-off, {queue.UnschedulableCount} unschedulable, {queue.GatedCount} gated, {queue.InFlightCount} in flight\n");
        foreach (var queued in queue.Pods.OrderBy(p => p.Sequence).Take(MaxListed))
        {
            text.Append(CultureInfo.InvariantCulture, $"  pod {queued.Pod}: {queued.Place}, {queued.Attempts} attempts{(queued.RejectedBy.Length > 0 ? $", refused by {string.Join(", ", queued.RejectedBy)}" : "")}\n");
        }

        var differences = Compare(cache, nodes, pods);
        text.Append(differences.Count == 0 ? "Cache and informers agree\n" : $"Cache and informers differ (changes under way included):\n  {string.Join("\n  ", differences.Take(MaxListed))}\n");
        return text.ToString();
    }

    /// <summary>Nodes and assigned pods that only one of the two has, or that they have on different nodes.</summary>
    internal static List<string> Compare(ClusterCache cache, IStore<Node> nodes, IStore<Pod> pods)
    {
        var differences = new List<string>();
        var cachedNodes = Slots(cache.Nodes).Select(s => cache.Nodes[s].Name).ToHashSet();
        var knownNodes = nodes.List().Select(n => n.Metadata.Name).ToHashSet();
        differences.AddRange(cachedNodes.Except(knownNodes).Order(StringComparer.Ordinal).Select(n => $"node {n} is in the cache only"));
        differences.AddRange(knownNodes.Except(cachedNodes).Order(StringComparer.Ordinal).Select(n => $"node {n} is not in the cache"));
        var known = pods.List().Where(p => p.Spec is { NodeName.Length: > 0 } && p.Status?.Phase is not ("Succeeded" or "Failed")).ToDictionary(p => p.Metadata.Uid);
        foreach (var pod in known.Values)
        {
            var cached = cache.Find(pod.Metadata.Uid);
            if (cached is null)
            {
                differences.Add($"pod {pod.Metadata.Namespace}/{pod.Metadata.Name} on {pod.Spec.NodeName} is not in the cache");
            }
            else if (cached.NodeName != pod.Spec.NodeName)
            {
                differences.Add($"pod {cached.Pod} is on {pod.Spec.NodeName}, in the cache on {cached.NodeName}");
            }
        }

        differences.AddRange(cache.Pods.Where(p => !p.IsAssumed && !known.ContainsKey(p.Pod.Uid)).Select(p => $"pod {p.Pod} on {p.NodeName} is in the cache only"));
        return differences;
    }

    private static IEnumerable<int> Slots(NodeTable nodes)
    {
        foreach (var slot in nodes.Present)
        {
            yield return slot;
        }
    }
}
