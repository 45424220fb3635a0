namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>The weighted mean of a score per resource.</summary>
internal sealed class WeightedScorer(Func<long, long, long> scoreOne) : IResourceScorer
{
    public long Score(ReadOnlySpan<long> requested, ReadOnlySpan<long> allocated, ReadOnlySpan<long> allocatable, ReadOnlySpan<long> weights)
    {
        long sum = 0, weight = 0;
        for (var i = 0; i < requested.Length; i++)
        {
            if (allocatable[i] != 0)
            {
                sum += scoreOne(requested[i], allocatable[i]) * weights[i];
                weight += weights[i];
            }
        }

        return weight == 0 ? 0 : sum / weight;
    }
}
