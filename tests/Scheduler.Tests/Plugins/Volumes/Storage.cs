using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Plugins.Volumes;

namespace NodeAgent.Scheduler.Tests.Plugins.Volumes;

/// <summary>Storage objects in a line, and the stores that volume plugins read them from.</summary>
internal sealed class Storage
{
    public Storage()
    {
        Attachments.Indexes[VolumeStores.ByNode] = a => [a.Spec.NodeName];
        Stores = new VolumeStores(new AssumeCache<PersistentVolumeClaim>(Claims), new AssumeCache<PersistentVolume>(Volumes), Classes, CsiNodes, Drivers, Capacities, Attachments);
    }

    public FakeStore<PersistentVolumeClaim> Claims { get; } = new();

    public FakeStore<PersistentVolume> Volumes { get; } = new();

    public FakeStore<StorageClass> Classes { get; } = new();

    public FakeStore<CSINode> CsiNodes { get; } = new();

    public FakeStore<CSIDriver> Drivers { get; } = new();

    public FakeStore<CSIStorageCapacity> Capacities { get; } = new();

    public FakeStore<VolumeAttachment> Attachments { get; } = new();

    public VolumeStores Stores { get; }

    public static Storage With(Action<Storage> fill)
    {
        var storage = new Storage();
        fill(storage);
        return storage;
    }

    public static StorageClass Class(string name, bool delayed = true, string provisioner = "kubernetes.io/no-provisioner") =>
        new() { Metadata = new() { Name = name }, Provisioner = provisioner, VolumeBindingMode = delayed ? "WaitForFirstConsumer" : "Immediate" };

    public static PersistentVolumeClaim Claim(string name, string storageClass = "wait", string size = "1Gi", string? volume = null, string mode = "ReadWriteOnce")
    {
        var claim = new PersistentVolumeClaim
        {
            Metadata = new() { Namespace = "default", Name = name, Uid = $"claim-{name}" },
            Spec = new() { StorageClassName = storageClass, AccessModes = { mode }, Resources = new() },
            Status = new() { Phase = volume is null ? "Pending" : "Bound" },
        };
        claim.Spec.Resources.Requests["storage"] = Quantity.Parse(size);
        if (volume is not null)
        {
            claim.Spec.VolumeName = volume;
            claim.Metadata.Annotations["pv.kubernetes.io/bind-completed"] = "yes";
        }

        return claim;
    }

    /// <param name="host">The only value of the hostname label that the volume can be reached from.</param>
    public static PersistentVolume Volume(string name, string? host = null, string storageClass = "wait", string size = "10Gi", string? claim = null)
    {
        var volume = new PersistentVolume
        {
            Metadata = new() { Name = name },
            Spec = new() { StorageClassName = storageClass, AccessModes = { "ReadWriteOnce" }, PersistentVolumeSource = new() },
            Status = new() { Phase = claim is null ? "Available" : "Bound" },
        };
        volume.Spec.Capacity["storage"] = Quantity.Parse(size);
        if (host is not null)
        {
            volume.Spec.NodeAffinity = new() { Required = new NodeSelector { NodeSelectorTerms = { Make.Term("kubernetes.io/hostname", "In", host) } } };
        }

        if (claim is not null)
        {
            volume.Spec.ClaimRef = new ObjectReference { Namespace = "default", Name = claim, Uid = $"claim-{claim}" };
        }

        return volume;
    }

    public static PersistentVolume Csi(PersistentVolume volume, string driver, string? handle = null)
    {
        volume.Spec.PersistentVolumeSource.Csi = new() { Driver = driver, VolumeHandle = handle ?? volume.Metadata.Name };
        return volume;
    }

    public static CSINode CsiNode(string name, string driver, int? limit)
    {
        var entry = new CSINodeDriver { Name = driver, NodeID = name };
        if (limit is { } count)
        {
            entry.Allocatable = new() { Count = count };
        }

        return new CSINode { Metadata = new() { Name = name }, Spec = new() { Drivers = { entry } } };
    }

    public static CSIStorageCapacity Capacity(string name, string storageClass, string size, string zone) => new()
    {
        Metadata = new() { Namespace = "kube-system", Name = name },
        StorageClassName = storageClass,
        Capacity = Quantity.Parse(size),
        NodeTopology = new LabelSelector { MatchLabels = { ["zone"] = zone } },
    };

    public static Pod PodWith(string name, params string[] claims) => Make.Pod(name).With(p => p.Spec.Volumes.AddRange(
        claims.Select(c => new Volume { Name = c, VolumeSource = new() { PersistentVolumeClaim = new() { ClaimName = c } } })));

    public static Pod PodWith(string name, VolumeSource source) => Make.Pod(name).With(p => p.Spec.Volumes.Add(new Volume { Name = "v", VolumeSource = source }));
}
