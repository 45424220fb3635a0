using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The outcome of looking for a node.</summary>
/// <param name="NodeName">The node; null when there is none.</param>
/// <param name="Failure">Success; Error when a plugin failed; Unschedulable when no node takes the pod.</param>
/// <param name="Diagnosis">With Unschedulable, why.</param>
/// <param name="Score">Of the chosen node, when there was a choice.</param>
internal sealed record Decision(string? NodeName, Status Failure, Diagnosis? Diagnosis, int Feasible, long Score = 0)
{
    public static Decision Failed(Status status) => new(null, status, null, 0);
}
