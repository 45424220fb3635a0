using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Whether a group as a whole can be scheduled.</summary>
internal sealed record GroupOutcome(Status Status, bool IsWaitingOnPreemption = false)
{
    private static readonly Status Unschedulable = Status.Unschedulable("pod group is unschedulable");
    private static readonly Status Preempting = Status.Unschedulable("pod group is waiting for preemption to complete");

    /// <summary>Upstream's <c>result</c> in metrics.</summary>
    public string Result => this switch
    {
        { Status.IsSuccess: true } => "scheduled",
        { IsWaitingOnPreemption: true } => "waiting_on_preemption",
        { Status.IsRejected: true } => "unschedulable",
        _ => "error",
    };

    /// <summary>
    /// The group can be scheduled as soon as Permit lets one of its pods through: a plugin that wants more of them at a time lets
    /// none through before. A plugin that fails for one pod fails the group.
    /// </summary>
    public static GroupOutcome Of(IReadOnlyList<GroupMember> members)
    {
        var needsPreemption = false;
        var outcome = new GroupOutcome(Unschedulable);
        foreach (var member in members)
        {
            if (member.NodeName is null)
            {
                if (!member.Status.IsRejected)
                {
                    return new GroupOutcome(Status.Error($"failed to schedule other pod from a pod group: {member.Status.Message}"));
                }

                continue;
            }

            needsPreemption |= member.NeedsPreemption;
            if (member.Permit.IsSuccess)
            {
                outcome = needsPreemption ? new GroupOutcome(Preempting, IsWaitingOnPreemption: true) : new GroupOutcome(Status.Success);
            }
        }

        return outcome;
    }
}
