using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Called when no node takes the pod: may make room (preemption). The first one that succeeds ends the row.</summary>
public interface IPostFilterPlugin : IPlugin
{
    PostFilterResult PostFilter(CycleState state, PodInfo pod, IAttempt attempt);
}
