using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>
/// Promises that what the plugin's Filter and raw Score say of a node follows from the pod's
/// <see cref="Pods.PodTemplate"/> and that node's own state alone, so that the scheduler may use the answer again for
/// the next pod of the template as long as the node has not changed.
/// </summary>
public interface INodeLocal : IPlugin
{
    /// <summary>Anything else that answers depend on: they are dropped when the number changes.</summary>
    long Epoch(INodeTable nodes) => 0;
}
