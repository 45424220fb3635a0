namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>What this project's scheduler says of a pod before upstream's places it.</summary>
/// <param name="Scores">Every feasible node with its total; empty when no node takes the pod.</param>
internal sealed record Placement(IReadOnlyDictionary<string, long> Scores, string Verdict, string Json)
{
    /// <summary>Null when upstream's choice is among the best here.</summary>
    /// <param name="node">Where upstream put it; null for nowhere.</param>
    public string? DifferenceFrom(string? node)
    {
        if (node is null)
        {
            return Scores.Count == 0 ? null : $"upstream finds no node, here {string.Join(", ", Scores.Keys)} take it";
        }

        if (!Scores.TryGetValue(node, out var score))
        {
            return $"upstream takes {node}, which is not feasible here: {Verdict}";
        }

        var best = Scores.Values.Max();
        return score == best ? null : $"upstream takes {node} with {score} here, the best here is {Scores.MaxBy(s => s.Value).Key} with {best}";
    }
}
