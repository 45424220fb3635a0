using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Says which events can make the pods schedulable that the plugin refused. A plugin without it is taken to care about every event.</summary>
public interface IEventInterests : IPlugin
{
    /// <summary>Asked once, when the plugin's profile is taken up.</summary>
    IReadOnlyList<EventInterest> Interests { get; }
}
