using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Answers the queue's questions with the plugins of the pod's profile.</summary>
internal sealed partial class ProfilePolicy(IReadOnlyDictionary<string, Profile> profiles, ILogger<ProfilePolicy> logger) : IQueuePolicy
{
    private readonly FrozenDictionary<string, FrozenDictionary<string, EventInterest[]>> _interests = profiles.ToFrozenDictionary(
        p => p.Key,
        p => p.Value.Plugins.OfType<IEventInterests>().ToFrozenDictionary(i => i.Name, i => i.Interests.ToArray()));

    public Status PreEnqueue(PodInfo pod)
    {
        if (!profiles.TryGetValue(pod.Template.SchedulerName, out var profile))
        {
            return Status.Success;
        }

        foreach (var plugin in profile.PreEnqueue)
        {
            var status = Guard.Call(plugin, () => plugin.PreEnqueue(pod));
            if (!status.IsSuccess)
            {
                return status;
            }
        }

        return Status.Success;
    }

    public QueueVerdict Judge(QueuedPod pod, ClusterEvent clusterEvent, object? oldObject, object? newObject)
    {
        if (clusterEvent.Resource == EventResource.Any)
        {
            return QueueVerdict.AfterBackoff;
        }

        // What its last attempt lacked does not matter before the gate opens.
        if (pod.GatedBy is { } gate)
        {
            return IsHelped(pod, gate, clusterEvent, oldObject, newObject) ? QueueVerdict.AfterBackoff : QueueVerdict.Stay;
        }

        if (pod.PendingOn.Length > 0 && IsHelped(pod, pod.PendingOn, clusterEvent, oldObject, newObject))
        {
            return QueueVerdict.Now;
        }

        // Nobody in particular refused it: anything may have helped.
        var isHelped = (pod.RejectedBy.Length == 0 && pod.PendingOn.Length == 0) || IsHelped(pod, pod.RejectedBy, clusterEvent, oldObject, newObject);
        return isHelped ? QueueVerdict.AfterBackoff : QueueVerdict.Stay;
    }

    private bool IsHelped(QueuedPod pod, string[] plugins, ClusterEvent clusterEvent, object? oldObject, object? newObject)
    {
        foreach (var name in plugins)
        {
            if (IsHelped(pod, name, clusterEvent, oldObject, newObject))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsHelped(QueuedPod pod, string name, ClusterEvent clusterEvent, object? oldObject, object? newObject)
    {
        if (!_interests.TryGetValue(pod.Pod.Template.SchedulerName, out var known))
        {
            return false;
        }

        if (!known.TryGetValue(name, out var interests))
        {
            return true;
        }

        foreach (var interest in interests)
        {
            if (clusterEvent.IsOf(interest.Event) && Ask(interest, name, pod.Pod, oldObject, newObject))
            {
                return true;
            }
        }

        return false;
    }

    private bool Ask(EventInterest interest, string plugin, PodInfo pod, object? oldObject, object? newObject)
    {
        try
        {
            return interest.Hint is null || interest.Hint(pod, oldObject, newObject) == QueueingHint.Queue;
        }
        catch (Exception e)
        {
            LogHintFailed(e, plugin, interest.Event, pod);
            return true;
        }
    }

    [LoggerMessage(EventId = 4001, Level = LogLevel.Error, Message = "The queueing hint of plugin {Plugin} for {Event} failed for pod {Pod}; the pod is tried again")]
    private partial void LogHintFailed(Exception exception, string plugin, ClusterEvent @event, PodInfo pod);
}
