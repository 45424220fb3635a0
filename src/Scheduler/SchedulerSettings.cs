using NodeAgent.Scheduler.Config;

namespace NodeAgent.Scheduler;

/// <summary>What the scheduler was started with.</summary>
internal sealed record SchedulerSettings(KubeSchedulerConfiguration Config, SchedulerFlags Flags);
