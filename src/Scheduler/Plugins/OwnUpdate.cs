using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Plugins;

/// <summary>For events about pods: did the refused pod itself change?</summary>
internal static class OwnUpdate
{
    public static QueueingHint Hint(PodInfo pod, object? oldObject, object? newObject) =>
        newObject is PodInfo updated && updated.Uid == pod.Uid ? QueueingHint.Queue : QueueingHint.Skip;
}
