namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>The pluginConfig of DefaultPreemption.</summary>
internal sealed record DefaultPreemptionArgs : IPluginArgs
{
    /// <summary>How many percent of the nodes are tried at least.</summary>
    public int MinCandidateNodesPercentage { get; init; } = 10;

    /// <summary>How many nodes are tried at least.</summary>
    public int MinCandidateNodesAbsolute { get; init; } = 100;

    public IEnumerable<string> Validate()
    {
        if (MinCandidateNodesPercentage is < 0 or > 100)
        {
            yield return $"minCandidateNodesPercentage: {MinCandidateNodesPercentage} is not from 0 to 100";
        }

        if (MinCandidateNodesAbsolute < 0)
        {
            yield return $"minCandidateNodesAbsolute: {MinCandidateNodesAbsolute} must not be less than 0";
        }

        if (MinCandidateNodesPercentage == 0 && MinCandidateNodesAbsolute == 0)
        {
            yield return "minCandidateNodesPercentage and minCandidateNodesAbsolute: not both can be 0";
        }
    }

    public int CandidatesOf(int nodes) => Math.Min(nodes, Math.Max(nodes * MinCandidateNodesPercentage / 100, MinCandidateNodesAbsolute));
}
