namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>A plugin of the scheduler. It implements the interfaces of the extension points that it takes part in.</summary>
/// <remarks>
/// Unless an interface says otherwise its methods run on the decision loop, one at a time: they must not block.
/// One that throws costs the pod this attempt (as <see cref="StatusCode.Error"/>), not the process.
/// </remarks>
public interface IPlugin
{
    /// <summary>The name under which the configuration enables the plugin; unique.</summary>
    string Name { get; }
}
