using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>
/// For plugins whose PreFilter counts pods: keeps what it wrote right while preemption and nominated pods are tried out.
/// The table already shows the change when these are called.
/// </summary>
public interface IPreFilterUpdates : IPreFilterPlugin
{
    Status AddPod(CycleState state, PodInfo pod, PodInfo added, NodeInfo node);

    Status RemovePod(CycleState state, PodInfo pod, PodInfo removed, NodeInfo node);
}
