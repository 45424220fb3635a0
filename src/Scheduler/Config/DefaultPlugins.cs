using NodeAgent.Scheduler.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>What a profile has when its configuration says nothing, in the order in which the plugins are called.</summary>
internal static class DefaultPlugins
{
    public static IReadOnlyList<PluginReference> MultiPoint(FeatureGates gates) =>
    [
        new() { Name = PluginNames.SchedulingGates },
        new() { Name = PluginNames.PrioritySort },
        new() { Name = PluginNames.NodeUnschedulable },
        new() { Name = PluginNames.NodeName },
        new() { Name = PluginNames.TaintToleration, Weight = 3 },
        new() { Name = PluginNames.NodeAffinity, Weight = 2 },
        new() { Name = PluginNames.NodePorts },
        new() { Name = PluginNames.NodeResourcesFit, Weight = 1 },
        new() { Name = PluginNames.VolumeRestrictions },
        new() { Name = PluginNames.NodeVolumeLimits },
        new() { Name = PluginNames.VolumeBinding },
        new() { Name = PluginNames.VolumeZone },
        new() { Name = PluginNames.PodTopologySpread, Weight = 2 },
        new() { Name = PluginNames.InterPodAffinity, Weight = 2 },
        new() { Name = PluginNames.DynamicResources, Weight = 2 },
        new() { Name = PluginNames.DefaultPreemption },
        new() { Name = PluginNames.NodeResourcesBalancedAllocation, Weight = 1 },
        new() { Name = PluginNames.ImageLocality, Weight = 1 },
        new() { Name = PluginNames.DefaultBinder },
        .. gates.NodeDeclaredFeatures ? [new PluginReference { Name = PluginNames.NodeDeclaredFeatures }] : Array.Empty<PluginReference>(),
        .. gates.GangScheduling ? [new PluginReference { Name = PluginNames.GangScheduling }] : Array.Empty<PluginReference>(),
    ];
}
