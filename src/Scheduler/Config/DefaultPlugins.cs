using NodeAgent.Scheduler.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>What a profile has when its configuration says nothing, in the order in which the plugins are called.</summary>
internal static class DefaultPlugins
{
    public static IReadOnlyList<PluginReference> MultiPoint { get; } =
    [
        new(PluginNames.SchedulingGates),
        new(PluginNames.PrioritySort),
        new(PluginNames.NodeUnschedulable),
        new(PluginNames.NodeName),
        new(PluginNames.TaintToleration, 3),
        new(PluginNames.NodeAffinity, 2),
        new(PluginNames.NodePorts),
        new(PluginNames.NodeResourcesFit, 1),
        new(PluginNames.NodeResourcesBalancedAllocation, 1),
        new(PluginNames.ImageLocality, 1),
        new(PluginNames.DefaultBinder),
    ];
}
