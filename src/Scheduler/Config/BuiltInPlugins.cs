using NodeAgent.KubeApi;
using NodeAgent.Scheduler.Plugins;
using NodeAgent.Scheduler.Plugins.DefaultBinder;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using NodeAgent.Scheduler.Plugins.ImageLocality;
using NodeAgent.Scheduler.Plugins.InterPodAffinity;
using NodeAgent.Scheduler.Plugins.NodeAffinity;
using NodeAgent.Scheduler.Plugins.NodeName;
using NodeAgent.Scheduler.Plugins.NodePorts;
using NodeAgent.Scheduler.Plugins.NodeResources;
using NodeAgent.Scheduler.Plugins.NodeUnschedulable;
using NodeAgent.Scheduler.Plugins.PodTopologySpread;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Scheduler.Plugins.SchedulingGates;
using NodeAgent.Scheduler.Plugins.TaintToleration;

namespace NodeAgent.Scheduler.Config;

/// <summary>Registers the plugins that come with the scheduler.</summary>
internal static class BuiltInPlugins
{
    public static PluginRegistry AddTo(PluginRegistry registry)
    {
        registry.Add(PluginNames.SchedulingGates, (_, _) => new SchedulingGatesPlugin());
        registry.Add(PluginNames.PrioritySort, (_, _) => new PrioritySortPlugin());
        registry.Add(PluginNames.NodeUnschedulable, (_, _) => new NodeUnschedulablePlugin());
        registry.Add(PluginNames.NodeName, (_, _) => new NodeNamePlugin());
        registry.Add(PluginNames.TaintToleration, (_, _) => new TaintTolerationPlugin());
        registry.Add(PluginNames.NodeAffinity, (_, _) => new NodeAffinityPlugin());
        registry.Add(PluginNames.NodePorts, (_, _) => new NodePortsPlugin());
        registry.Add<NodeResourcesFitArgs>(PluginNames.NodeResourcesFit, (args, _) => new NodeResourcesFitPlugin(args));
        registry.Add<BalancedAllocationArgs>(PluginNames.NodeResourcesBalancedAllocation, (args, _) => new BalancedAllocationPlugin(args));
        registry.Add<PodTopologySpreadArgs>(PluginNames.PodTopologySpread, (args, host) => new PodTopologySpreadPlugin(new ConstraintDefaults(
            args,
            host.Informer(Resources.Services).Store,
            host.Informer(Resources.ReplicaSets).Store,
            host.Informer(Resources.StatefulSets).Store,
            host.Informer(Resources.ReplicationControllers).Store)));
        registry.Add<InterPodAffinityArgs>(PluginNames.InterPodAffinity, (args, _) => new InterPodAffinityPlugin(args));
        registry.Add<DefaultPreemptionArgs>(PluginNames.DefaultPreemption, (args, host) => new DefaultPreemptionPlugin(args, DisruptionBudgets.From(host), new Evictor(host), host.Random));
        registry.Add(PluginNames.ImageLocality, (_, _) => new ImageLocalityPlugin());
        registry.Add(PluginNames.DefaultBinder, (_, host) => new DefaultBinderPlugin(host.Client));
        return registry;
    }
}
