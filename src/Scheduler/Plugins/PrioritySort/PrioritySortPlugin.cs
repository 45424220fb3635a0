using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.PrioritySort;

/// <summary>The highest priority first, then who has waited longest.</summary>
internal sealed class PrioritySortPlugin : IQueueSortPlugin
{
    public string Name => PluginNames.PrioritySort;

    public int Compare(IQueuedPod left, IQueuedPod right)
    {
        var byPriority = right.Pod.Priority.CompareTo(left.Pod.Priority);
        return byPriority != 0 ? byPriority : left.Timestamp.CompareTo(right.Timestamp);
    }
}
