using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Binds the pod to the node. The first plugin that does not answer <see cref="StatusCode.Skip"/> has done it. Runs beside the decision loop and may wait.</summary>
public interface IBindPlugin : IPlugin
{
    /// <summary>How long BindAsync may take; after that its token is cancelled and the attempt has failed.</summary>
    TimeSpan Timeout => TimeSpan.FromMinutes(1);

    Task<Status> BindAsync(CycleState state, PodInfo pod, string nodeName, CancellationToken cancellationToken);
}
