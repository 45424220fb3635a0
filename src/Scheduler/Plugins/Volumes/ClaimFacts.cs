using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Scheduler.Plugins.Volumes;

/// <summary>What claims and volumes say of themselves, in fields and in the annotations that controllers use.</summary>
internal static class ClaimFacts
{
    /// <summary>Set on a claim when the controller has finished binding it.</summary>
    public const string BindCompleted = "pv.kubernetes.io/bind-completed";

    /// <summary>Set on a volume that was bound by a component and not by its maker; such a binding may be taken back.</summary>
    public const string BoundByController = "pv.kubernetes.io/bound-by-controller";

    /// <summary>Tells the provisioner on which node the claim's first consumer runs.</summary>
    public const string SelectedNode = "volume.kubernetes.io/selected-node";

    /// <summary>The provisioner of classes whose volumes are made by hand.</summary>
    public const string NoProvisioner = "kubernetes.io/no-provisioner";

    private const string BetaClass = "volume.beta.kubernetes.io/storage-class";

    public static string KeyOf(PersistentVolumeClaim claim) => $"{claim.Metadata.Namespace}/{claim.Metadata.Name}";

    public static string ClassOf(PersistentVolumeClaim claim) =>
        claim.Metadata.Annotations.TryGetValue(BetaClass, out var name) ? name : claim.Spec?.StorageClassName ?? "";

    public static string ClassOf(PersistentVolume volume) =>
        volume.Metadata.Annotations.TryGetValue(BetaClass, out var name) ? name : volume.Spec?.StorageClassName ?? "";

    public static bool IsFullyBound(PersistentVolumeClaim claim) =>
        claim.Spec is { VolumeName.Length: > 0 } && claim.Metadata.Annotations.ContainsKey(BindCompleted);

    public static QuantityValue RequestOf(PersistentVolumeClaim claim) =>
        claim.Spec?.Resources?.Requests.TryGetValue("storage", out var amount) == true ? amount.Amount : QuantityValue.Zero;

    public static QuantityValue CapacityOf(PersistentVolume volume) =>
        volume.Spec?.Capacity.TryGetValue("storage", out var amount) == true ? amount.Amount : QuantityValue.Zero;

    /// <summary>Whether the volume is reserved for this claim; by name alone while it says no UID.</summary>
    public static bool IsFor(PersistentVolume volume, PersistentVolumeClaim claim) =>
        volume.Spec?.ClaimRef is { } reference
        && reference.Name == claim.Metadata.Name
        && reference.Namespace == claim.Metadata.Namespace
        && (reference.Uid.Length == 0 || reference.Uid == claim.Metadata.Uid);

    /// <summary>Filesystem unless it says otherwise.</summary>
    public static string ModeOf(string volumeMode) => volumeMode.Length == 0 ? "Filesystem" : volumeMode;
}
