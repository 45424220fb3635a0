using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What was found out about one pod of a group that is tried together.</summary>
/// <param name="Queued">The pod, taken from the queue.</param>
/// <param name="Started">When its attempt began, as a timestamp.</param>
internal sealed record GroupMember(QueuedPod Queued, CycleState State, long Started)
{
    /// <summary>Where it would run, and is assumed meanwhile; null when it fits nowhere.</summary>
    public string? NodeName { get; init; }

    /// <summary>Room has to be made for it on that node first.</summary>
    public bool NeedsPreemption { get; init; }

    /// <summary>Success; or why it fits nowhere; of one that needs preemption, why it does not fit yet.</summary>
    public Status Status { get; init; } = Status.Success;

    public Diagnosis? Diagnosis { get; init; }

    /// <summary>The node to nominate when it fits nowhere; empty to clear, null to leave.</summary>
    public string? Nominated { get; init; } = "";

    /// <summary>What Permit plugins said: Success or Wait.</summary>
    public Status Permit { get; init; } = Status.Success;

    /// <summary>With Wait.</summary>
    public WaitingPod? Waiting { get; init; }
}
