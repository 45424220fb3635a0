using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Feeds a scorer with the columns of the resources it is about.</summary>
internal static class ResourceScoring
{
    /// <param name="useRequested">Requests as they stand; otherwise with amounts in place of those left out.</param>
    public static void Score(IResourceScorer scorer, IReadOnlyList<WeightedResource> resources, bool useRequested, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
    {
        var columns = new int[resources.Count];
        var wanted = new long[resources.Count];
        var weights = new long[resources.Count];
        for (var i = 0; i < columns.Length; i++)
        {
            columns[i] = nodes.FindResource(resources[i].Name);
            weights[i] = resources[i].Weight;
            wanted[i] = columns[i] < 0 ? 0 : Wanted(pod.Template, columns[i], useRequested);
            if (wanted[i] == 0 && columns[i] >= ResourceColumns.FirstScalar)
            {
                columns[i] = -1;
            }
        }

        Span<long> requested = stackalloc long[columns.Length];
        Span<long> allocated = stackalloc long[columns.Length];
        Span<long> allocatable = stackalloc long[columns.Length];
        for (var n = 0; n < slots.Length; n++)
        {
            var slot = slots[n];
            for (var i = 0; i < columns.Length; i++)
            {
                allocatable[i] = columns[i] < 0 ? 0 : nodes.Allocatable(columns[i])[slot];
                allocated[i] = allocatable[i] == 0 ? 0 : (useRequested ? nodes.Requested(columns[i]) : nodes.NonZeroRequested(columns[i]))[slot];
                requested[i] = allocatable[i] == 0 ? 0 : allocated[i] + wanted[i];
            }

            scores[n] = scorer.Score(requested, allocated, allocatable, weights);
        }
    }

    private static long Wanted(PodTemplate template, int column, bool useRequested) => column switch
    {
        ResourceColumns.Cpu when !useRequested => template.NonZeroCpu,
        ResourceColumns.Memory when !useRequested => template.NonZeroMemory,
        _ => template.Request(column),
    };
}
