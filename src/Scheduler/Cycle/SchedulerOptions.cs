using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

internal sealed record SchedulerOptions
{
    public QueueOptions Queue { get; init; } = new();

    /// <summary>Pods decided but not yet bound, at most: more would only wait for the API server.</summary>
    public int MaxBindings { get; init; } = 1024;

    /// <summary>Null without any.</summary>
    public IExtenderChain? Extenders { get; init; }
}
