namespace NodeAgent.Scheduler.Explain;

/// <summary>Why a pod is where it is, or nowhere: what the attempts said, and what each plugin says of each node now.</summary>
internal sealed record Explanation
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    public required string Scheduler { get; init; }

    /// <summary>When the cluster was looked at for this.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The answer in one sentence.</summary>
    public required string Verdict { get; init; }

    /// <summary>The node that the pod is on; null for a pending pod.</summary>
    public string? Node { get; init; }

    public QueueReport? Queue { get; init; }

    /// <summary>The newest last.</summary>
    public IReadOnlyList<AttemptRecord> Attempts { get; init; } = [];

    public int NodeCount { get; init; }

    public int FeasibleCount { get; init; }

    /// <summary>What PreFilter plugins said of the pod as a whole; no node was looked at then.</summary>
    public RefusalReport? PodRefusal { get; init; }

    public IReadOnlyList<ReasonReport> Reasons { get; init; } = [];

    /// <summary>The refused nodes on which the least is missing.</summary>
    public IReadOnlyList<NodeReport> NearestMisses { get; init; } = [];

    public IReadOnlyList<NodeScoreReport> BestNodes { get; init; } = [];

    public IReadOnlyList<UnblockReport> UnblockedBy { get; init; } = [];

    public PreemptionReport? Preemption { get; init; }

    /// <summary>Refused nodes, as many as were asked for.</summary>
    public IReadOnlyList<NodeReport> RefusedNodes { get; init; } = [];
}
