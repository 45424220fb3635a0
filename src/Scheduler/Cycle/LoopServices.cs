using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.Scheduler.Cache;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What the decision loop reaches the outside with.</summary>
internal sealed record LoopServices(
    IKubeClient Client,
    Discovery Discovery,
    IEventRecorder Recorder,
    SchedulerMetrics Metrics,
    ILoggerFactory Loggers,
    TimeProvider Time,
    Random Random,
    Mailbox Mailbox,
    WaitingPods WaitingPods)
{
    /// <summary>Kept up to date by the loop's cache, read by plugins on the loop.</summary>
    public PodGroups Groups { get; } = new();
}
