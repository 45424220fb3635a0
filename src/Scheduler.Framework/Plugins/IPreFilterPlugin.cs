using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>Looks at the pod once per attempt: refuses it outright, narrows the nodes, or prepares what Filter needs.</summary>
public interface IPreFilterPlugin : IPlugin
{
    PreFilterResult PreFilter(CycleState state, PodInfo pod, INodeTable nodes);
}
