namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>
/// Which node does the least harm: fewest budgets violated, then the lowest of the top priorities of its victims, the lowest
/// sum of priorities, the fewest victims, and last the node whose most important victims have run the shortest time.
/// </summary>
internal static class CandidateChoice
{
    public static Candidate Best(IReadOnlyList<Candidate> candidates) => candidates
        .OrderBy(c => c.Violations)
        .ThenBy(c => c.Victims.Max(v => v.Priority))
        .ThenBy(c => c.Victims.Sum(v => (long)v.Priority + int.MaxValue + 1))
        .ThenBy(c => c.Victims.Count)
        .ThenByDescending(EarliestStartOfTop)
        .First();

    private static long EarliestStartOfTop(Candidate candidate)
    {
        var top = candidate.Victims.Max(v => v.Priority);
        return candidate.Victims.Where(v => v.Priority == top).Min(Importance.StartOf);
    }
}
