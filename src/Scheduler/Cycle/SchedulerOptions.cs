using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.Scheduler.Extenders;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

internal sealed record SchedulerOptions
{
    public QueueOptions Queue { get; init; } = new();

    /// <summary>
    /// Bindings that the API server has not answered, at most: while there are so many nothing more is decided, because it would only
    /// wait there, and cost memory meanwhile. Pods that wait for permission or for their volumes are not counted.
    /// </summary>
    public int MaxBindings { get; init; } = 256;

    /// <summary>Null without any.</summary>
    public IExtenderChain? Extenders { get; init; }

    /// <summary>With these, pods of one group are tried together; null while the gate GenericWorkload is off.</summary>
    public IStore<PodGroup>? PodGroups { get; init; }
}
