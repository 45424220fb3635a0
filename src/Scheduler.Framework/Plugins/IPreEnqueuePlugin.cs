using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Keeps pods out of the active queue until they are ready to be tried.</summary>
public interface IPreEnqueuePlugin : IPlugin
{
    /// <returns>
    /// Anything but success keeps the pod out. It is asked again when an event comes that the plugin has named as an
    /// <see cref="IEventInterests">interest</see>, or, without interests, at any event.
    /// </returns>
    Status PreEnqueue(PodInfo pod);
}
