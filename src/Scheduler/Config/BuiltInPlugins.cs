using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Plugins;
using NodeAgent.Scheduler.Plugins.DefaultBinder;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using NodeAgent.Scheduler.Plugins.DynamicResources;
using NodeAgent.Scheduler.Plugins.GangScheduling;
using NodeAgent.Scheduler.Plugins.ImageLocality;
using NodeAgent.Scheduler.Plugins.InterPodAffinity;
using NodeAgent.Scheduler.Plugins.NodeAffinity;
using NodeAgent.Scheduler.Plugins.NodeDeclaredFeatures;
using NodeAgent.Scheduler.Plugins.NodeName;
using NodeAgent.Scheduler.Plugins.NodePorts;
using NodeAgent.Scheduler.Plugins.NodeResources;
using NodeAgent.Scheduler.Plugins.NodeUnschedulable;
using NodeAgent.Scheduler.Plugins.NodeVolumeLimits;
using NodeAgent.Scheduler.Plugins.PodTopologySpread;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Scheduler.Plugins.SchedulingGates;
using NodeAgent.Scheduler.Plugins.TaintToleration;
using NodeAgent.Scheduler.Plugins.VolumeBinding;
using NodeAgent.Scheduler.Plugins.VolumeRestrictions;
using NodeAgent.Scheduler.Plugins.Volumes;
using NodeAgent.Scheduler.Plugins.VolumeZone;

namespace NodeAgent.Scheduler.Config;

/// <summary>Registers the plugins that come with the scheduler.</summary>
internal static class BuiltInPlugins
{
    /// <param name="gates">Null for the defaults.</param>
    public static PluginRegistry AddTo(PluginRegistry registry, FeatureGates? gates = null)
    {
        gates ??= FeatureGates.Default;
        registry.Gates = gates;
        registry.Defaults = DefaultPlugins.MultiPoint(gates);
        registry.AddPlain(PluginNames.SchedulingGates, _ => new SchedulingGatesPlugin());
        registry.AddPlain(PluginNames.PrioritySort, _ => new PrioritySortPlugin());
        registry.AddPlain(PluginNames.NodeUnschedulable, _ => new NodeUnschedulablePlugin());
        registry.AddPlain(PluginNames.NodeName, _ => new NodeNamePlugin());
        registry.AddPlain(PluginNames.TaintToleration, _ => new TaintTolerationPlugin());
        registry.Add<NodeAffinityArgs>(PluginNames.NodeAffinity, (args, _) => new NodeAffinityPlugin(args.Read()));
        registry.AddPlain(PluginNames.NodePorts, _ => new NodePortsPlugin());
        registry.Add<NodeResourcesFitArgs>(PluginNames.NodeResourcesFit, (args, host) => new NodeResourcesFitPlugin(args with { IgnoredResources = [.. args.IgnoredResources, .. (host as PluginHost)?.IgnoredResources ?? []] }));
        registry.Add<BalancedAllocationArgs>(PluginNames.NodeResourcesBalancedAllocation, (args, _) => new BalancedAllocationPlugin(args));
        AddVolumePlugins(registry, gates);
        registry.Add<PodTopologySpreadArgs>(PluginNames.PodTopologySpread, (args, host) => new PodTopologySpreadPlugin(new ConstraintDefaults(
            args,
            host.Informer(Resources.Services).Store,
            host.Informer(Resources.ReplicaSets).Store,
            host.Informer(Resources.StatefulSets).Store,
            host.Informer(Resources.ReplicationControllers).Store)));
        registry.Add<InterPodAffinityArgs>(PluginNames.InterPodAffinity, (args, _) => new InterPodAffinityPlugin(args));
        registry.Add<DefaultPreemptionArgs>(PluginNames.DefaultPreemption, (args, host) => new DefaultPreemptionPlugin(args, DisruptionBudgets.From(host), new Evictor(host), host.Random, (host as PluginHost)?.Extenders));
        registry.AddPlain(PluginNames.ImageLocality, _ => new ImageLocalityPlugin());
        registry.Add<DynamicResourcesArgs>(PluginNames.DynamicResources, (args, host) =>
        {
            var writer = new ClaimWriter(host.Client, host.Time, host.Loggers.CreateLogger<ClaimWriter>());
            return host.Serves(Resources.ResourceClaims)
                ? new DynamicResourcesPlugin(
                    host.Shared(nameof(AllocationLedger), () => new AllocationLedger(host.Informer(Resources.ResourceClaims, EventResource.ResourceClaim).Store)),
                    host.Informer(Resources.ResourceSlices, EventResource.ResourceSlice).Store,
                    host.Informer(Resources.DeviceClasses, EventResource.DeviceClass).Store,
                    writer,
                    args,
                    host.Recorder,
                    host.Time)
                : new DynamicResourcesPlugin(null, EmptyStore<ResourceSlice>.Instance, EmptyStore<DeviceClass>.Instance, writer, args, host.Recorder, host.Time);
        });
        registry.AddPlain(PluginNames.NodeDeclaredFeatures, _ => new NodeDeclaredFeaturesPlugin());
        registry.AddPlain(PluginNames.GangScheduling, host => new GangSchedulingPlugin(PodGroupsOf(host), ((PluginHost)host).Groups, host.FindWaitingPod));
        registry.AddPlain(PluginNames.DefaultBinder, host => new DefaultBinderPlugin(host.Client, host.Time));
        return registry;
    }

    /// <summary>The groups of pods, watched; none where the API server does not have them.</summary>
    public static IStore<PodGroup> PodGroupsOf(IPluginHost host) =>
        host.Serves(Resources.PodGroups) ? host.Informer(Resources.PodGroups, EventResource.PodGroup).Store : EmptyStore<PodGroup>.Instance;

    private static void AddVolumePlugins(PluginRegistry registry, FeatureGates gates)
    {
        registry.AddPlain(PluginNames.VolumeRestrictions, host => new VolumeRestrictionsPlugin(VolumeStores.From(host)));
        registry.AddPlain(PluginNames.NodeVolumeLimits, host => new NodeVolumeLimitsPlugin(VolumeStores.From(host)));
        registry.AddPlain(PluginNames.VolumeZone, host => new VolumeZonePlugin(VolumeStores.From(host)));
        registry.Add<VolumeBindingArgs>(PluginNames.VolumeBinding, (args, host) =>
        {
            if (args.Shape is not null && !gates.StorageCapacityScoring)
            {
                throw new FormatException("shape: needs the feature gate StorageCapacityScoring");
            }

            var stores = VolumeStores.From(host);
            var pods = host.Informer(Resources.Pods).Store;
            var nodes = host.Informer(Resources.Nodes).Store;
            var binder = new VolumeBinder(
                stores,
                host.Client,
                pod => pods.Get(pod.Namespace, pod.Name)?.Metadata.Uid == pod.Uid,
                name => nodes.Get(null, name),
                TimeSpan.FromSeconds(args.BindTimeoutSeconds),
                host.Time,
                host.Loggers.CreateLogger<VolumeBinder>());
            return new VolumeBindingPlugin(stores, binder, gates.StorageCapacityScoring ? new StorageScorer(args.Shape ?? StorageScorer.DefaultShape) : null);
        });
    }
}
