using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Lets a pod with a node go on to binding, refuses it, or makes it wait (<see cref="StatusCode.Wait"/>).</summary>
public interface IPermitPlugin : IPlugin
{
    /// <returns>With Wait, how long at most; after that the pod is refused.</returns>
    (Status Status, TimeSpan Timeout) Permit(CycleState state, PodInfo pod, string nodeName);
}
