using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.KubeApi.Storage.V1;
using ResourceClaim = NodeAgent.KubeApi.Resource.V1.ResourceClaim;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <content>Volumes and devices.</content>
internal sealed partial class RandomCluster
{
    private const string DiskDriver = "disk.example.com";
    private const string DeviceDriver = "gpu.example.com";
    private const int Claims = 12;

    public static DeviceClass DeviceClass { get; } = new()
    {
        Metadata = new ObjectMeta { Name = DeviceDriver },
        Spec = new DeviceClassSpec { Selectors = { new DeviceSelector { Cel = new CELDeviceSelector { Expression = $"device.driver == '{DeviceDriver}'" } } } },
    };

    /// <summary>Claims that are bound already, each to a volume that some plugin has something to say about.</summary>
    public IEnumerable<(PersistentVolume Volume, PersistentVolumeClaim Claim)> Volumes()
    {
        for (var i = 0; i < Claims; i++)
        {
            yield return Volume(ClaimName(i), i % 4);
        }
    }

    /// <summary>How many volumes of the driver the node takes; null for a node without the driver.</summary>
    public CSINode? CsiNode(string node)
    {
        CSINode? result = null;
        Maybe(0.8, () => result = new CSINode
        {
            Metadata = new ObjectMeta { Name = node },
            Spec = new CSINodeSpec { Drivers = { new CSINodeDriver { Name = DiskDriver, NodeID = node, Allocatable = new VolumeNodeResources { Count = Pick(1, 2) } } } },
        });
        return result;
    }

    /// <summary>The node's devices; null for a node without any.</summary>
    public ResourceSlice? Slice(string node)
    {
        ResourceSlice? result = null;
        Maybe(0.5, () =>
        {
            var pool = $"{node}-{tag}";
            result = new ResourceSlice
            {
                Metadata = new ObjectMeta { Name = pool },
                Spec = new ResourceSliceSpec { Driver = DeviceDriver, NodeName = node, Pool = new ResourcePool { Name = pool, Generation = 1, ResourceSliceCount = 1 } },
            };
            foreach (var name in Pick<string[]>(["one"], ["one", "two"], ["one", "two", "three"]))
            {
                var device = new Device { Name = name };
                device.Attributes["model"] = new DeviceAttribute { String = Pick("old", "new") };
                device.Attributes["numa"] = new DeviceAttribute { Int = Pick(0, 1) };
                device.Capacity["memory"] = new DeviceCapacity { Value = new Quantity { String = Pick("16Gi", "80Gi") } };
                result.Spec.Devices.Add(device);
            }
        });
        return result;
    }

    /// <summary>The claim for devices that the pod uses, to be created before it; null when it uses none.</summary>
    public ResourceClaim? AddDevices(Pod pod)
    {
        ResourceClaim? result = null;
        Maybe(0.15, () =>
        {
            var request = new ExactDeviceRequest { DeviceClassName = DeviceDriver, AllocationMode = "ExactCount", Count = Pick(1, 1, 2) };
            Maybe(0.5, () => request.Selectors.Add(new DeviceSelector { Cel = new CELDeviceSelector { Expression = Pick($"device.attributes['{DeviceDriver}'].model == 'new'", $"device.capacity['{DeviceDriver}'].memory.compareTo(quantity('40Gi')) > 0") } }));
            result = new ResourceClaim
            {
                Metadata = new ObjectMeta { Name = pod.Metadata.Name, Namespace = SchedulerCluster.Namespace },
                Spec = new ResourceClaimSpec { Devices = new DeviceClaim { Requests = { new DeviceRequest { Name = "gpu", Exactly = request } } } },
            };
            Maybe(0.3, () => result.Spec.Devices.Constraints.Add(new DeviceConstraint { MatchAttribute = $"{DeviceDriver}/numa" }));
            pod.Spec.ResourceClaims.Add(new PodResourceClaim { Name = "gpu", ResourceClaimName = pod.Metadata.Name });
        });
        return result;
    }

    private string ClaimName(int index) => $"claim-{tag}-{index}";

    private void AddStorage(Pod pod)
    {
        var spec = pod.Spec;
        Maybe(0.2, () => spec.Volumes.Add(VolumeOf("first", ClaimName(_random.Next(Claims)))));
        Maybe(0.1, () => spec.Volumes.Add(VolumeOf("second", ClaimName(_random.Next(Claims)))));
    }

    private static Volume VolumeOf(string name, string claim) =>
        new() { Name = name, VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = claim } } };

    private (PersistentVolume Volume, PersistentVolumeClaim Claim) Volume(string name, int kind)
    {
        var volume = new PersistentVolume
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new PersistentVolumeSpec
            {
                Capacity = { ["storage"] = new Quantity { String = "1Gi" } },
                AccessModes = { kind == 3 ? "ReadWriteOncePod" : "ReadWriteOnce" },
                ClaimRef = new ObjectReference { Kind = "PersistentVolumeClaim", Namespace = SchedulerCluster.Namespace, Name = name },
                PersistentVolumeSource = new PersistentVolumeSource { Csi = new CSIPersistentVolumeSource { Driver = kind == 2 ? DiskDriver : "other.example.com", VolumeHandle = name } },
            },
        };
        if (kind == 0)
        {
            volume.Spec.NodeAffinity = new VolumeNodeAffinity { Required = new NodeSelector { NodeSelectorTerms = { Term() } } };
        }
        else if (kind == 1)
        {
            volume.Metadata.Labels["topology.kubernetes.io/zone"] = Pick("z1", "z2", "z1__z3");
        }

        var claim = new PersistentVolumeClaim
        {
            Metadata = new ObjectMeta { Name = name, Namespace = SchedulerCluster.Namespace, Annotations = { ["pv.kubernetes.io/bind-completed"] = "yes" } },
            Spec = new PersistentVolumeClaimSpec
            {
                VolumeName = name,
                StorageClassName = "",
                AccessModes = { volume.Spec.AccessModes },
                Resources = new VolumeResourceRequirements { Requests = { ["storage"] = new Quantity { String = "1Gi" } } },
            },
        };
        return (volume, claim);
    }
}
