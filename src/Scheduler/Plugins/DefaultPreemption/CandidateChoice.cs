namespace NodeAgent.Scheduler.Plugins.DefaultPreemption;

/// <summary>
/// Which node does the least harm: fewest budgets violated, then the lowest of the top priorities of its victims, the lowest
/// sum of priorities, the fewest victims, and last the node whose most important victims have run the shortest time.
/// </summary>
internal static class CandidateChoice
{
    public static Candidate Best(IEnumerable<Candidate> candidates) => candidates.MinBy(HarmOf)!;

    /// <returns>In the order of their weight; less is better.</returns>
    private static (int Violations, int TopPriority, long Priorities, int Count, long Recency) HarmOf(Candidate candidate)
    {
        var (top, sum, earliest) = (int.MinValue, 0L, long.MaxValue);
        foreach (var victim in candidate.Victims)
        {
            earliest = victim.Priority > top ? Importance.StartOf(victim) : victim.Priority == top ? Math.Min(earliest, Importance.StartOf(victim)) : earliest;
            top = Math.Max(top, victim.Priority);
            sum += (long)victim.Priority + int.MaxValue + 1;
        }

        return (candidate.Violations, top, sum, candidate.Victims.Count, -earliest);
    }
}
