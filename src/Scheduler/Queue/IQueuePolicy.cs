using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Queue;

/// <summary>What the queue asks the profiles' plugins.</summary>
internal interface IQueuePolicy
{
    /// <summary>Whether the pod may go to the active queue; a refusal names the plugin.</summary>
    Status PreEnqueue(PodInfo pod);

    /// <summary>Whether the event can have removed what the plugins objected to.</summary>
    QueueVerdict Judge(QueuedPod pod, ClusterEvent clusterEvent, object? oldObject, object? newObject);
}
