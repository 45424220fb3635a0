namespace NodeAgent.Scheduler.Plugins.VolumeBinding;

/// <summary>Why a pod's volumes do not fit a node.</summary>
[Flags]
internal enum Misfit
{
    None = 0,

    /// <summary>A bound volume cannot be used there.</summary>
    NodeAffinity = 1 << 0,

    /// <summary>No volume is free there and none can be made.</summary>
    NothingToBind = 1 << 1,

    /// <summary>A volume could be made but for the room.</summary>
    NotEnoughSpace = 1 << 2,

    /// <summary>A claim is bound to a volume that is gone.</summary>
    VolumeGone = 1 << 3,
}
