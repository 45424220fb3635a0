using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Explain;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <content>One attempt: from the queue to a node and to binding, or back to the queue with the reason.</content>
internal sealed partial class SchedulerLoop
{
    /// <summary>Longer messages are cut in events.</summary>
    private const int MaxEventMessage = 1024;

    private static readonly TimeSpan MaxPermitWait = TimeSpan.FromMinutes(15);

    private void Schedule(QueuedPod queued, CancellationToken cancellationToken)
    {
        if (IsDone(queued.Pod))
        {
            return;
        }

        var pod = queued.Pod;
        var profile = _profiles[pod.Template.SchedulerName];
        var started = _time.GetTimestamp();
        var state = new CycleState();
        _metrics.Plugins.Attempt(profile.Name).AttachTo(state);
        var decision = Decide(profile, pod, state);
        _metrics.ObserveDecision(_time.GetElapsedTime(started));
        if (decision.NodeName is { } nodeName)
        {
            Assign(profile, queued, state, nodeName, started, cancellationToken);
            return;
        }

        var nominated = PostFilter(profile, pod, state, decision);
        var message = decision.Diagnosis?.ToString() ?? decision.Failure.Message;
        Fail(profile, queued, decision.Failure, decision.Diagnosis, message, nominated, started, cancellationToken);
    }

    /// <summary>A pod that is to go, or has a node by now, needs none.</summary>
    private bool IsDone(PodInfo pod)
    {
        if (pod.IsTerminating)
        {
            _recorder.Record(pod.Pod.ToReference(), EventType.Warning, "FailedScheduling", $"skip schedule deleting pod: {pod}", "Scheduling");
        }
        else if (Cache.Find(pod.Uid) is null)
        {
            return false;
        }

        Queue.End(pod.Uid);
        return true;
    }

    private Decision Decide(Profile profile, PodInfo pod, CycleState state)
    {
        try
        {
            return _deciders[profile.Name].Decide(pod, state);
        }
        catch (PluginFailedException e)
        {
            return Decision.Failed(e.Status);
        }
        catch (Exception e)
        {
            return Decision.Failed(Status.Error(e));
        }
    }

    /// <returns>The node to nominate; empty to clear, null to leave.</returns>
    private string? PostFilter(Profile profile, PodInfo pod, CycleState state, Decision decision)
    {
        if (decision.Diagnosis is not { } diagnosis || profile.PostFilter.Count == 0)
        {
            return "";
        }

        string? nominated = null;
        var attempt = new Attempt(_deciders[profile.Name], Cache.Nodes, Queue.Nominations, diagnosis, ActivePlugins.Of(state));
        var timer = AttemptTimes.Of(state).Start("PostFilter");
        var reasons = new List<string>();
        foreach (var plugin in profile.PostFilter)
        {
            var result = default(PostFilterResult);
            var status = Guard.Call(plugin, timer, () => (result = plugin.PostFilter(state, pod, attempt)).Status);
            nominated = result.NominatedNodeName ?? nominated;
            if (status.Code == StatusCode.Unschedulable)
            {
                reasons.AddRange(status.Reasons);
                continue;
            }

            // Room is made, or no other plugin can make it, or nobody knows.
            if (status.Exception is not null)
            {
                LogPluginFailed(status.Exception, plugin.Name, pod);
            }

            diagnosis.PostFilterMessage = status.Message;
            timer.End(status);
            return nominated;
        }

        diagnosis.PostFilterMessage = string.Join(", ", reasons);
        timer.End(Status.Unschedulable(""));
        return nominated;
    }

    /// <summary>The victims of a pod have been told to leave. Those that left while that went on did not wake it: it was held back.</summary>
    private void EndPreparation(PodInfo pod, IReadOnlyList<PodInfo> victims, bool isDone, TimeSpan took)
    {
        _metrics.CountPreparation(isDone, took);
        if (!isDone)
        {
            Queue.Raise(ClusterEvents.Everything, null, null, p => p.Uid == pod.Uid);
        }

        Queue.LetGo(p => p.Uid == pod.Uid);
        foreach (var victim in victims.Where(v => Cache.Find(v.Uid) is null))
        {
            Queue.Raise(ClusterEvents.AssignedPodDelete, victim, null, p => p.Uid == pod.Uid);
        }
    }

    /// <summary>A pod that goes elsewhere than it was meant to leaves room to others of its priority and below.</summary>
    private void GiveUpNomination(PodInfo pod, string nodeName)
    {
        var meant = Queue.Nominations.NodeOf(pod.Uid);
        Queue.Nominations.Remove(pod.Uid);
        if (meant is not null && meant != nodeName)
        {
            RaiseUnnominated(pod, meant);
        }
    }

    private void Assign(Profile profile, QueuedPod queued, CycleState state, string nodeName, long started, CancellationToken cancellationToken)
    {
        var pod = queued.Pod;
        Cache.Assume(pod, nodeName);
        GiveUpNomination(pod, nodeName);
        var status = Reserve(profile, pod, state, nodeName);
        WaitingPod? waiting = null;
        if (status.IsSuccess)
        {
            (status, waiting) = Permit(profile, pod, state, nodeName);
        }

        if (status.IsSuccess)
        {
            Bind(profile, queued, state, nodeName, waiting, started, cancellationToken);
        }
        else
        {
            GiveUp(profile, queued, state, nodeName, status, started, cancellationToken);
        }
    }

    /// <summary>Starts the binding of a pod that has been reserved and permitted, or made to wait.</summary>
    private void Bind(Profile profile, QueuedPod queued, CycleState state, string nodeName, WaitingPod? waiting, long started, CancellationToken cancellationToken)
    {
        var preBind = new List<IPreBindPlugin>();
        var status = PreFlight(profile, queued.Pod, state, nodeName, preBind);
        if (!status.IsSuccess)
        {
            waiting?.Dispose();
            WaitingPods.Remove(queued.Pod.Uid);
            GiveUp(profile, queued, state, nodeName, status, started, cancellationToken);
            return;
        }

        Interlocked.Increment(ref _bindingCount);
        var isAsking = waiting is null && preBind.Count == 0;
        if (isAsking)
        {
            Interlocked.Increment(ref _requestCount);
        }

        Track(Task.Run(() => BindAsync(profile, queued, state, nodeName, waiting, preBind, isAsking, started, cancellationToken), CancellationToken.None));
    }

    /// <summary>Finds the PreBind plugins that have something to do.</summary>
    private static Status PreFlight(Profile profile, PodInfo pod, CycleState state, string nodeName, List<IPreBindPlugin> busy)
    {
        foreach (var plugin in profile.PreBind)
        {
            var status = Guard.Call(plugin, () => plugin.PreBindPreFlight(state, pod, nodeName));
            if (status.IsSuccess)
            {
                busy.Add(plugin);
            }
            else if (!status.IsSkip)
            {
                return status;
            }
        }

        return Status.Success;
    }

    private static Status Reserve(Profile profile, PodInfo pod, CycleState state, string nodeName)
    {
        state.EndDecision();
        var timer = AttemptTimes.Of(state).Start("Reserve");
        foreach (var plugin in profile.Reserve)
        {
            var status = Guard.Call(plugin, timer, () => plugin.Reserve(state, pod, nodeName));
            if (!status.IsSuccess)
            {
                return timer.End(status);
            }
        }

        return timer.End(Status.Success);
    }

    private (Status Status, WaitingPod? Waiting) Permit(Profile profile, PodInfo pod, CycleState state, string nodeName)
    {
        var timeouts = new Dictionary<string, TimeSpan>();
        IReadOnlyList<string> reasons = [];
        var timer = AttemptTimes.Of(state).Start("Permit");
        foreach (var plugin in profile.Permit)
        {
            var timeout = TimeSpan.Zero;
            var status = Guard.Call(plugin, timer, () =>
            {
                (var answer, timeout) = plugin.Permit(state, pod, nodeName);
                return answer;
            });
            if (status.IsWait)
            {
                timeouts[plugin.Name] = timeout < MaxPermitWait ? timeout : MaxPermitWait;
                reasons = status.Reasons;
            }
            else if (!status.IsSuccess)
            {
                return (timer.End(status), null);
            }
        }

        if (timeouts.Count == 0)
        {
            return (timer.End(Status.Success), null);
        }

        timer.End(Status.Wait());
        var waiting = new WaitingPod(pod, nodeName, timeouts, _time) { Reasons = reasons };
        WaitingPods.Add(waiting);
        return (Status.Success, waiting);
    }

    private async Task BindAsync(Profile profile, QueuedPod queued, CycleState state, string nodeName, WaitingPod? waiting, IReadOnlyList<IPreBindPlugin> preBind, bool isAsking, long started, CancellationToken cancellationToken)
    {
        var pod = queued.Pod;
        Status status;

        void Asks()
        {
            if (!isAsking)
            {
                isAsking = true;
                Interlocked.Increment(ref _requestCount);
            }
        }

        try
        {
            status = await new BindingCycle(profile, _statusWriter, _options.Extenders, _time).RunAsync(pod, state, nodeName, waiting, preBind, Asks, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            status = Status.Error("the scheduler is stopping");
        }
        finally
        {
            WaitingPods.Remove(pod.Uid);
            waiting?.Dispose();
            Interlocked.Decrement(ref _bindingCount);
            if (isAsking)
            {
                Interlocked.Decrement(ref _requestCount);
            }
        }

        if (status.IsSuccess)
        {
            _recorder.Record(pod.Pod.ToReference(), EventType.Normal, "Scheduled", $"Successfully assigned {pod} to {nodeName}", "Binding");
            LogBound(pod, nodeName);
            var timer = AttemptTimes.Of(state).Start("PostBind");
            foreach (var plugin in profile.PostBind)
            {
                Guard.Call(plugin, timer, () =>
                {
                    plugin.PostBind(state, pod, nodeName);
                    return Status.Success;
                });
            }

            timer.End(Status.Success);
        }

        Mailbox.Post(() => EndBinding(profile, queued, state, nodeName, status, started, cancellationToken));
    }

    private void EndBinding(Profile profile, QueuedPod queued, CycleState state, string nodeName, Status status, long started, CancellationToken cancellationToken)
    {
        if (!status.IsSuccess)
        {
            GiveUp(profile, queued, state, nodeName, status, started, cancellationToken);
            return;
        }

        var (now, took) = (_time.GetUtcNow(), _time.GetElapsedTime(started));
        _metrics.CountBound(profile.Name, queued, took, now);
        Attempts.Add(queued.Pod.Uid, new AttemptRecord(now, queued.Attempts, "scheduled", took, nodeName, null, []));
        Queue.End(queued.Pod.Uid);
    }

    /// <summary>Takes back what was reserved for the pod, and wakes those whom that may help.</summary>
    private void GiveUp(Profile profile, QueuedPod queued, CycleState state, string nodeName, Status status, long started, CancellationToken cancellationToken)
    {
        var pod = queued.Pod;
        var assumed = Cache.Find(pod.Uid)?.Pod ?? pod;
        Unreserve(profile, assumed, state, nodeName);
        var wasAssumed = Cache.Forget(pod.Uid);
        var diagnosis = new Diagnosis { NodeCount = Cache.Nodes.Count };
        diagnosis.AddPlugin(status);
        Fail(profile, queued, status, status.IsRejected ? diagnosis : null, status.Message, "", started, cancellationToken);
        if (wasAssumed)
        {
            // Only now: while the pod was in flight the event would have counted for itself too.
            Queue.Raise(ClusterEvents.AssignedPodDelete, Placed(assumed, nodeName), null, p => p.Uid != pod.Uid);
        }
    }

    private static void Unreserve(Profile profile, PodInfo pod, CycleState state, string nodeName)
    {
        foreach (var plugin in profile.Reserve.Reverse())
        {
            Guard.Call(plugin, () =>
            {
                plugin.Unreserve(state, pod, nodeName);
                return Status.Success;
            });
        }
    }

    private void Fail(Profile profile, QueuedPod queued, Status status, Diagnosis? diagnosis, string message, string? nominatedNode, long started, CancellationToken cancellationToken)
    {
        var isRejected = status.IsRejected;
        _metrics.CountFailed(profile.Name, isRejected, _time.GetElapsedTime(started));
        if (Queue.Find(queued.Pod.Uid) is not { } known || !ReferenceEquals(known, queued))
        {
            // Deleted, or bound by somebody else, while it was tried.
            return;
        }

        var pod = queued.Pod;
        Queue.Requeue(queued, !isRejected, diagnosis?.RejectedBy ?? new HashSet<string>(), diagnosis?.PendingOn ?? new HashSet<string>());
        if (nominatedNode is not null)
        {
            Queue.Nominations.Set(pod, nominatedNode);
        }

        if (isRejected)
        {
            LogUnschedulable(pod, message);
        }
        else
        {
            LogAttemptFailed(status.Exception, pod, message);
        }

        Attempts.Add(pod.Uid, new AttemptRecord(_time.GetUtcNow(), queued.Attempts, isRejected ? "unschedulable" : "error", _time.GetElapsedTime(started), nominatedNode is { Length: > 0 } ? nominatedNode : null, message, (IReadOnlyCollection<string>?)diagnosis?.RejectedBy ?? []));
        _recorder.Record(pod.Pod.ToReference(), EventType.Warning, "FailedScheduling", Cut(message), "Scheduling");
        Track(_statusWriter.WriteUnscheduled(pod, isRejected ? "Unschedulable" : "SchedulerError", message, nominatedNode, cancellationToken));
    }

    private static string Cut(string message) => message.Length <= MaxEventMessage ? message : message[..(MaxEventMessage - 4)] + " ...";

    [LoggerMessage(EventId = 4010, Level = LogLevel.Debug, Message = "Pod {Pod} is bound to node {NodeName}")]
    private partial void LogBound(PodInfo pod, string nodeName);

    [LoggerMessage(EventId = 4011, Level = LogLevel.Information, Message = "Pod {Pod} fits no node and waits: {Reason}")]
    private partial void LogUnschedulable(PodInfo pod, string reason);

    [LoggerMessage(EventId = 4012, Level = LogLevel.Error, Message = "The attempt to schedule pod {Pod} failed and is made again: {Reason}")]
    private partial void LogAttemptFailed(Exception? exception, PodInfo pod, string reason);

    [LoggerMessage(EventId = 4013, Level = LogLevel.Error, Message = "Plugin {Plugin} failed for pod {Pod}")]
    private partial void LogPluginFailed(Exception? exception, string plugin, PodInfo pod);
}
