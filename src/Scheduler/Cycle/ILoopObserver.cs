namespace NodeAgent.Scheduler.Cycle;

/// <summary>A built-in plugin that looks at the moment, not at an attempt alone: in its queueing hints, or before a pod is queued.</summary>
internal interface ILoopObserver
{
    /// <summary>Given by the loop that takes up the plugin's profile; to be read on that loop only.</summary>
    LoopView? View { set; }
}
