using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Objects;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <content>One attempt for all waiting pods of a PodGroup: each is given a node beside the others, then all are bound or all wait.</content>
/// <remarks>
/// <code>
/// gather -> for each: decide, assume, reserve, permit -> some pod permitted: bind those with a node
///                                                     -> room to be made:    evict, give back, wait for it
///                                                     -> otherwise:          give back, wait
/// </code>
/// The loop does nothing else meanwhile, so nobody sees what is given back.
/// </remarks>
internal sealed partial class SchedulerLoop
{
    private const string WaitReason = "one or more plugins asked to wait and no plugin rejected pod";

    private void ScheduleGroup(IStore<PodGroup> groups, NamespacedName group, QueuedPod first, CancellationToken cancellationToken)
    {
        var pods = Gather(group, first);
        if (pods.Count == 0)
        {
            return;
        }

        var started = _time.GetTimestamp();
        var profile = _profiles[pods[0].Pod.Template.SchedulerName];
        var evictions = new DeferredEvictions();
        var members = new List<GroupMember>();
        GroupOutcome outcome;
        if (pods.Select(p => p.Pod.Template.SchedulerName).Distinct().ToList() is { Count: > 1 } names)
        {
            outcome = new GroupOutcome(Status.Error($"all pods in a single pod group should have the same .spec.schedulerName set, got: \"{names[0]}\" and \"{names[1]}\""));
        }
        else
        {
            foreach (var pod in pods)
            {
                members.Add(TryMember(profile, pod, evictions));
                if (members[^1] is { NodeName: null, Status.IsRejected: false })
                {
                    break;
                }
            }

            outcome = GroupOutcome.Of(members);
            _metrics.ObserveGroupDecision(_time.GetElapsedTime(started));
        }

        if (!outcome.Status.IsSuccess)
        {
            GiveBack(profile, members);
        }

        if (outcome.IsWaitingOnPreemption)
        {
            evictions.Start();
        }

        for (var i = 0; i < pods.Count; i++)
        {
            Finish(i < members.Count ? members[i] : new GroupMember(pods[i], new CycleState(), _time.GetTimestamp()) { Status = outcome.Status }, outcome, cancellationToken);
        }

        _metrics.CountGroup(profile.Name, outcome.Result, _time.GetElapsedTime(started));
        LogGroup(group, outcome.Result, members.Count(m => m.NodeName is not null), pods.Count, outcome.Status.Message);
        Track(_groupWriter.Write(groups.Get(group.Namespace, group.Name), outcome, Summary(members, pods.Count), cancellationToken));
    }

    /// <summary>Every pod of the group that waits, the most important first, then the one tried first.</summary>
    private List<QueuedPod> Gather(NamespacedName group, QueuedPod first)
    {
        var pods = new List<QueuedPod> { first };
        pods.AddRange(Cache.Groups.Waiting(group).Where(uid => uid != first.Pod.Uid).Select(uid => Queue.TryPop(uid)).OfType<QueuedPod>());
        pods.RemoveAll(p => IsDone(p.Pod));
        return [.. pods.OrderByDescending(p => p.Pod.Priority).ThenBy(p => p.FirstAttempt).ThenBy(p => p.Sequence)];
    }

    private GroupMember TryMember(Profile profile, QueuedPod queued, DeferredEvictions evictions)
    {
        var pod = queued.Pod;
        var member = new GroupMember(queued, new CycleState(), _time.GetTimestamp());
        _metrics.Plugins.Attempt(profile.Name).AttachTo(member.State);
        evictions.AttachTo(member.State);
        var decision = Decide(profile, pod, member.State);
        if (decision.NodeName is not { } nodeName)
        {
            var nominated = PostFilter(profile, pod, member.State, decision);
            var message = decision.Diagnosis?.ToString() ?? decision.Failure.Message;
            member = member with { Status = decision.Failure.IsRejected ? Status.Unschedulable(message) : decision.Failure, Diagnosis = decision.Diagnosis, Nominated = nominated };
            if (nominated is not { Length: > 0 })
            {
                return member;
            }

            // The others have to see it on the node that it will have.
            nodeName = nominated;
            member = member with { NeedsPreemption = true };
        }

        Cache.Assume(pod, nodeName);
        Queue.Nominations.Remove(pod.Uid);
        var status = member.NeedsPreemption ? Status.Success : Reserve(profile, pod, member.State, nodeName);
        WaitingPod? waiting = null;
        if (status.IsSuccess)
        {
            (status, waiting) = Permit(profile, pod, member.State, nodeName);
        }

        if (!status.IsSuccess)
        {
            Unreserve(profile, pod, member.State, nodeName);
            Cache.Forget(pod.Uid);
            var diagnosis = new Diagnosis { NodeCount = 1 };
            diagnosis.AddPlugin(status);
            return member with { Status = status, Diagnosis = status.IsRejected ? diagnosis : null, Nominated = "", NeedsPreemption = false };
        }

        return member with { NodeName = nodeName, Waiting = waiting, Permit = waiting is null ? Status.Success : Status.Wait(waiting.Reasons) };
    }

    private void GiveBack(Profile profile, List<GroupMember> members)
    {
        foreach (var member in Enumerable.Reverse(members).Where(m => m.NodeName is not null))
        {
            var pod = member.Queued.Pod;
            WaitingPods.Remove(pod.Uid);
            member.Waiting?.Dispose();
            Unreserve(profile, pod, member.State, member.NodeName!);
            Cache.Forget(pod.Uid);
        }
    }

    private void Finish(GroupMember member, GroupOutcome outcome, CancellationToken cancellationToken)
    {
        var queued = member.Queued;
        var profile = _profiles[queued.Pod.Template.SchedulerName];
        if (outcome.Status.IsSuccess && member.NodeName is { } nodeName)
        {
            Bind(profile, queued, member.State, nodeName, member.Waiting, member.Started, cancellationToken);
            return;
        }

        var (status, nominated) = member switch
        {
            // Its own failure says more than that of the group.
            { NodeName: null } => (member.Status, member.Nominated),
            _ when !outcome.Status.IsRejected => (outcome.Status, ""),
            { NeedsPreemption: true } when outcome.IsWaitingOnPreemption => (member.Status, member.NodeName),
            _ when outcome.IsWaitingOnPreemption => (outcome.Status, member.NodeName),
            _ => (Status.Unschedulable([.. member.Permit.Reasons, WaitReason]), ""),
        };
        var diagnosis = member.NodeName is null || member.NeedsPreemption ? member.Diagnosis : status.IsRejected ? WaitsForOthers(member) : null;
        Fail(profile, queued, status, diagnosis, status.Message, nominated, member.Started, cancellationToken);
    }

    /// <summary>One that fits is woken with those of its group that do not: whoever is tried brings the others along.</summary>
    private static Diagnosis WaitsForOthers(GroupMember member)
    {
        var diagnosis = new Diagnosis { NodeCount = 1 };
        diagnosis.AddPlugin(member.Waiting?.PendingPlugins.FirstOrDefault() ?? Plugins.PluginNames.GangScheduling);
        return diagnosis;
    }

    /// <summary>How far the group got, and what the first of those that fit nowhere lacks.</summary>
    private static string Summary(List<GroupMember> members, int count)
    {
        var refused = members.FirstOrDefault(m => m.NodeName is null || m.NeedsPreemption);
        return $"{members.Count(m => m is { NodeName: not null, NeedsPreemption: false })} of {count} waiting pods fit{(refused is null ? "" : $"; {refused.Queued.Pod.Name}: {refused.Status.Message}")}";
    }

    [LoggerMessage(EventId = 4014, Level = LogLevel.Information, Message = "Pod group {Group}: {Result}, {Placed} of {Count} waiting pods have a node. {Reason}")]
    private partial void LogGroup(NamespacedName group, string result, int placed, int count, string reason);
}
