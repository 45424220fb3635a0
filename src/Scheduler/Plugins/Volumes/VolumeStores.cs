using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>The storage objects that the volume plugins of all profiles look at. What the API server lacks is null.</summary>
internal sealed record VolumeStores(
    AssumeCache<PersistentVolumeClaim> Claims,
    AssumeCache<PersistentVolume> Volumes,
    IStore<StorageClass> Classes,
    IStore<CSINode> CsiNodes,
    IStore<CSIDriver>? CsiDrivers,
    IStore<CSIStorageCapacity>? Capacities,
    IStore<VolumeAttachment>? Attachments)
{
    /// <summary>The name of the index of attachments by node.</summary>
    public const string ByNode = "node";

    /// <summary>The first minor release whose scheduler role may read attachments without doubt.</summary>
    private const int MinorWithAttachments = 34;

    /// <summary>Completes, again and again, when a claim or a volume has changed.</summary>
    public ChangeSignal Changed { get; init; } = new();

    /// <summary>Starts the informers when the first plugin asks; others get the same.</summary>
    public static VolumeStores From(IPluginHost host) => host.Shared(nameof(VolumeStores), () => Create(host));

    private static VolumeStores Create(IPluginHost host)
    {
        var claims = host.Informer(Resources.PersistentVolumeClaims, EventResource.PersistentVolumeClaim);
        var volumes = host.Informer(Resources.PersistentVolumes, EventResource.PersistentVolume);
        // Older servers have no capacities, and their role for schedulers does not cover drivers either.
        var hasCapacities = host.Serves(Resources.CSIStorageCapacities);
        var stores = new VolumeStores(
            new AssumeCache<PersistentVolumeClaim>(claims.Store),
            new AssumeCache<PersistentVolume>(volumes.Store),
            host.Informer(Resources.StorageClasses, EventResource.StorageClass).Store,
            host.Informer(Resources.CSINodes, EventResource.CSINode).Store,
            hasCapacities ? host.Informer(Resources.CSIDrivers, EventResource.CSIDriver).Store : null,
            hasCapacities ? host.Informer(Resources.CSIStorageCapacities, EventResource.CSIStorageCapacity).Store : null,
            host.ServerMinor >= MinorWithAttachments ? Attached(host) : null);
        claims.AddHandler(stores.Changed);
        volumes.AddHandler(stores.Changed);
        return stores;
    }

    private static IStore<VolumeAttachment> Attached(IPluginHost host) => host.Informer(
        Resources.VolumeAttachments,
        EventResource.VolumeAttachment,
        new InformerOptions<VolumeAttachment>(Indexers: new Dictionary<string, Func<VolumeAttachment, IEnumerable<string>>> { [ByNode] = a => [a.Spec?.NodeName ?? ""] })).Store;
}
