using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Cycle;

/// <content>What changes in the cluster mean for cache and queue.</content>
internal sealed partial class SchedulerLoop
{
    private void Apply(in Change change)
    {
        var started = _time.GetTimestamp();
        try
        {
            switch (change.Kind)
            {
                case ChangeKind.Pod:
                    ApplyPod((Pod?)change.Old, (Pod?)change.New);
                    break;
                case ChangeKind.Node:
                    ApplyNode((Node?)change.Old, (Node?)change.New);
                    break;
                case ChangeKind.Namespace:
                    ApplyNamespace((Namespace?)change.Old, (Namespace?)change.New);
                    break;
                case ChangeKind.Other:
                    Queue.Raise(change.Event, change.Old, change.New);
                    break;
                default:
                    ((Action)change.New!)();
                    break;
            }
        }
        catch (Exception e)
        {
            // One malformed object must not stop the scheduling of all others.
            LogChangeFailed(e, change.Kind, (change.New ?? change.Old) is KubeApi.IKubeObject o ? o.Key.ToString() : "");
        }

        if (change.Kind != ChangeKind.Call)
        {
            _metrics.ObserveEvent(change.Label, _time.GetElapsedTime(started));
        }
    }

    private void ApplyNode(Node? before, Node? after)
    {
        if (after is null)
        {
            Cache.Nodes.RemoveNode(before!.Metadata.Name);
            Queue.Raise(ClusterEvents.NodeDelete, before, null);
            return;
        }

        Cache.Nodes.SetNode(after);
        if (before is null)
        {
            Queue.Raise(ClusterEvents.NodeAdd, null, after);
            return;
        }

        foreach (var clusterEvent in ClusterEvents.OfNode(before, after))
        {
            Queue.Raise(clusterEvent, before, after);
        }
    }

    private void ApplyNamespace(Namespace? before, Namespace? after) =>
        Cache.Nodes.SetNamespace((after ?? before)!.Metadata.Name, after?.Metadata.Labels);

    private void ApplyPod(Pod? before, Pod? after)
    {
        // An update that is really a deletion and a creation under the same name.
        if (before is not null && after is not null && before.Metadata.Uid != after.Metadata.Uid)
        {
            ApplyPod(before, null);
            before = null;
        }

        if (after is null || after.IsTerminal)
        {
            RemovePod((after ?? before)!);
        }
        else if (after.Spec is { NodeName.Length: > 0 })
        {
            SetAssigned(before, after);
        }
        else if (_profiles.ContainsKey(after.Spec?.SchedulerName ?? ""))
        {
            SetUnassigned(after);
        }
    }

    private void RemovePod(Pod pod)
    {
        var uid = pod.Metadata.Uid;
        if (WaitingPods.Find(uid) is { } waiting)
        {
            waiting.Reject("", "the pod was deleted");
        }

        var nominated = Queue.Nominations.NodeOf(uid);
        var queued = Queue.Delete(uid);
        Attempts.Remove(uid);
        var cached = Cache.Remove(uid);
        Cache.Groups.Remove(pod);
        if (cached is not null)
        {
            Queue.Raise(ClusterEvents.AssignedPodDelete, Placed(cached.Pod, cached.NodeName), null);
        }
        else if (nominated is not null && queued is not null)
        {
            RaiseUnnominated(queued.Pod, nominated);
        }
    }

    private void SetAssigned(Pod? before, Pod after)
    {
        var cached = Cache.SetPod(after);
        var pod = Cache.Find(after.Metadata.Uid)!.Pod;
        if (before is null || before.Spec is not { NodeName.Length: > 0 })
        {
            Queue.End(pod.Uid);
            Queue.Raise(ClusterEvents.AssignedPodAdd, null, pod);
            if (cached is not null && cached.NodeName != after.Spec.NodeName)
            {
                LogBoundElsewhere(pod, after.Spec.NodeName, cached.NodeName);
                Queue.Raise(ClusterEvents.AssignedPodDelete, Placed(cached.Pod, cached.NodeName), null);
            }

            return;
        }

        if (cached is null || ReferenceEquals(cached.Pod.Template, pod.Template) && ReferenceEquals(cached.Pod.Labels, pod.Labels))
        {
            return;
        }

        foreach (var clusterEvent in ClusterEvents.OfPod(cached.Pod, pod))
        {
            Queue.Raise(clusterEvent, cached.Pod, pod);
        }
    }

    private void SetUnassigned(Pod after)
    {
        var pod = Cache.Parser.Parse(after);
        if (Cache.Find(pod.Uid) is { IsAssumed: true } assumed)
        {
            if (pod.IsTerminating && !assumed.Pod.IsTerminating)
            {
                ForgetTerminating(assumed);
            }

            return;
        }

        if (Queue.Find(pod.Uid) is not { } queued)
        {
            Cache.Groups.Add(pod);
            Queue.Add(pod);
            if (_options.PodGroups is not null && PodGroups.Of(after) is not null)
            {
                Queue.Raise(ClusterEvents.UnscheduledPodAdd, null, pod, p => PodGroups.AreOfOneGroup(p, pod));
            }

            return;
        }

        if (queued.Pod.Pod.Metadata.ResourceVersion == after.Metadata.ResourceVersion && after.Metadata.ResourceVersion.Length > 0)
        {
            return;
        }

        var old = queued.Pod;
        var oldNode = old.Pod.Status.NominatedNodeName;
        Queue.Update(pod, ClusterEvents.OfPod(old, pod));
        if (oldNode.Length > 0 && oldNode != after.Status.NominatedNodeName)
        {
            RaiseUnnominated(old, oldNode);
        }
    }

    /// <summary>A pod does not wait for a node any more: to pods of no higher priority it was as if it were there.</summary>
    private void RaiseUnnominated(PodInfo pod, string nodeName)
    {
        if (pod.Pod.Status.NominatedNodeName != nodeName)
        {
            var copy = pod.Pod.Clone();
            copy.Status.NominatedNodeName = nodeName;
            pod = Cache.Parser.Parse(copy);
        }

        Queue.Raise(ClusterEvents.AssignedPodDelete, pod, null, p => p.Priority <= pod.Priority);
    }

    /// <summary>The pod as hints know pods that were on a node: the revision at hand may be from before it was bound.</summary>
    private PodInfo Placed(PodInfo pod, string nodeName)
    {
        if (pod.Pod.Spec.NodeName == nodeName)
        {
            return pod;
        }

        var copy = pod.Pod.Clone();
        copy.Spec.NodeName = nodeName;
        return Cache.Parser.Parse(copy);
    }

    /// <summary>A pod that is being bound is to go: what it holds is given up at once; its binding will fail or not matter.</summary>
    private void ForgetTerminating(CachedPod assumed)
    {
        var pod = assumed.Pod;
        if (WaitingPods.Find(pod.Uid) is { } waiting)
        {
            waiting.Reject("", "the pod is being deleted");
        }
        else
        {
            Cache.Forget(pod.Uid);
        }

        Queue.Raise(ClusterEvents.AssignedPodDelete, Placed(pod, assumed.NodeName), null);
    }

    [LoggerMessage(EventId = 4003, Level = LogLevel.Error, Message = "A change of {Kind} {Key} could not be taken over")]
    private partial void LogChangeFailed(Exception exception, ChangeKind kind, string key);

    [LoggerMessage(EventId = 4004, Level = LogLevel.Warning, Message = "Pod {Pod} was bound to node {NodeName}, not to {Assumed} as this scheduler meant to")]
    private partial void LogBoundElsewhere(PodInfo pod, string nodeName, string assumed);
}
