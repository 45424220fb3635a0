namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Orders the pods that wait for their attempt. All profiles share one.</summary>
public interface IQueueSortPlugin : IPlugin
{
    /// <returns>Below zero when <paramref name="left"/> goes first. Ties go to the pod that came first.</returns>
    int Compare(IQueuedPod left, IQueuedPod right);
}
