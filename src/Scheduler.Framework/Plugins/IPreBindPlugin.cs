using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Does what must be done before the pod is bound, such as waiting for its volumes. Runs beside the decision loop and may wait.</summary>
public interface IPreBindPlugin : IPlugin
{
    /// <summary>How long PreBindAsync may take; after that its token is cancelled and the attempt has failed.</summary>
    TimeSpan Timeout => TimeSpan.FromMinutes(15);

    /// <summary>On the decision loop, once the pod has a node: <see cref="StatusCode.Skip"/> when there is nothing to do for this pod.</summary>
    Status PreBindPreFlight(CycleState state, PodInfo pod, string nodeName) => Status.Success;

    Task<Status> PreBindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken);
}
