using System.Collections.Frozen;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Storage.V1;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>Volumes of the former in-tree drivers, which count as volumes of the CSI drivers that took their place where a node's kubelet says so.</summary>
internal static class CsiMigration
{
    private const string MigratedPlugins = "storage.alpha.kubernetes.io/migrated-plugins";

    private const string Aws = "kubernetes.io/aws-ebs";
    private const string Gce = "kubernetes.io/gce-pd";
    private const string Azure = "kubernetes.io/azure-disk";
    private const string Cinder = "kubernetes.io/cinder";
    private const string Portworx = "kubernetes.io/portworx-volume";

    private static readonly FrozenDictionary<string, string> Drivers = new Dictionary<string, string>
    {
        [Aws] = "ebs.csi.aws.com",
        [Gce] = "pd.csi.storage.gke.io",
        [Azure] = "disk.csi.azure.com",
        [Cinder] = "cinder.csi.openstack.org",
        [Portworx] = "pxd.portworx.com",
        ["kubernetes.io/azure-file"] = "file.csi.azure.com",
        ["kubernetes.io/vsphere-volume"] = "csi.vsphere.vmware.com",
    }.ToFrozenDictionary();

    /// <summary>The driver that volumes of a provisioner belong to on the node; null for an in-tree one that is not migrated there.</summary>
    public static string? DriverOf(string provisioner, CSINode? node) =>
        !Drivers.TryGetValue(provisioner, out var driver) ? provisioner : IsMigrated(provisioner, node) ? driver : null;

    /// <summary>Driver and a name for the volume that is unique within it; null when it is of no kind that CSI takes over on the node.</summary>
    public static (string Driver, string Handle)? Find(PersistentVolumeSource source, CSINode? node)
    {
        var (plugin, handle) = source switch
        {
            { AwsElasticBlockStore: { } disk } => (Aws, disk.VolumeID),
            { GcePersistentDisk: { } disk } => (Gce, disk.PdName),
            { AzureDisk: { } disk } => (Azure, disk.DiskURI),
            { Cinder: { } disk } => (Cinder, disk.VolumeID),
            { PortworxVolume: { } disk } => (Portworx, disk.VolumeID),
            _ => ("", ""),
        };
        return Named(plugin, handle, node);
    }

    /// <inheritdoc cref="Find(PersistentVolumeSource, CSINode?)"/>
    public static (string Driver, string Handle)? Find(VolumeSource? source, CSINode? node)
    {
        var (plugin, handle) = source switch
        {
            { AwsElasticBlockStore: { } disk } => (Aws, disk.VolumeID),
            { GcePersistentDisk: { } disk } => (Gce, disk.PdName),
            { AzureDisk: { } disk } => (Azure, disk.DiskURI),
            { Cinder: { } disk } => (Cinder, disk.VolumeID),
            { PortworxVolume: { } disk } => (Portworx, disk.VolumeID),
            _ => ("", ""),
        };
        return Named(plugin, handle, node);
    }

    public static bool IsInline(VolumeSource? source) =>
        source is { AwsElasticBlockStore: not null } or { GcePersistentDisk: not null } or { AzureDisk: not null } or { Cinder: not null } or { PortworxVolume: not null };

    private static (string Driver, string Handle)? Named(string plugin, string handle, CSINode? node) =>
        handle.Length > 0 && IsMigrated(plugin, node) ? (Drivers[plugin], handle[(handle.LastIndexOf("://", StringComparison.Ordinal) < 0 ? 0 : handle.LastIndexOf('/') + 1)..]) : null;

    private static bool IsMigrated(string plugin, CSINode? node) =>
        node?.Metadata.Annotations.TryGetValue(MigratedPlugins, out var list) == true && list.Split(',').Contains(plugin);
}
