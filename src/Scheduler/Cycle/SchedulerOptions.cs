using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
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

    /// <summary>With these, pods of one group are tried together; null while the gate GenericWorkload is off.</summary>
    public IStore<PodGroup>? PodGroups { get; init; }
}
