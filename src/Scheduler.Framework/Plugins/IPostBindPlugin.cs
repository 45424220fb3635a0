using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Told of every pod that was bound; for cleaning up. Runs beside the decision loop.</summary>
public interface IPostBindPlugin : IPlugin
{
    void PostBind(CycleState state, PodInfo pod, string nodeName);
}
