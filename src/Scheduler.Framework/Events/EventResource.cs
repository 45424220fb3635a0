namespace NodeAgent.Scheduler.Framework.Events;

/// <summary>The resources whose changes can make a pod schedulable.</summary>
public enum EventResource
{
    /// <summary>Matches every resource.</summary>
    Any,
    Pod,
    Node,
    PersistentVolume,
    PersistentVolumeClaim,
    StorageClass,
    CSINode,
    CSIDriver,
    CSIStorageCapacity,
    VolumeAttachment,
    ResourceClaim,
    ResourceSlice,
    DeviceClass,

    /// <summary>Something that a plugin watches itself.</summary>
    Custom,

    // New ones at the end: plugins have the numbers compiled in.
    PodGroup,
}
