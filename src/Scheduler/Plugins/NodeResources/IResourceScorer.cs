namespace NodeAgent.Scheduler.Plugins.NodeResources;

/// <summary>Scores one node by the use of its resources.</summary>
internal interface IResourceScorer
{
    /// <param name="requested">Per resource, what would be asked of the node with the pod.</param>
    /// <param name="allocated">Per resource, what is asked of it now.</param>
    /// <param name="allocatable">Per resource, what it offers; zero leaves the resource out.</param>
    long Score(ReadOnlySpan<long> requested, ReadOnlySpan<long> allocated, ReadOnlySpan<long> allocatable, ReadOnlySpan<long> weights);
}
