using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Prepares scoring, knowing which nodes are left; <see cref="StatusCode.Skip"/> leaves the plugin's Score out.</summary>
public interface IPreScorePlugin : IPlugin
{
    Status PreScore(CycleState state, PodInfo pod, INodeTable nodes, NodeSet feasible);
}
