using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>How the API server merges a list of a strategic merge patch into the list it has.</summary>
/// <param name="Key">The field that tells the items apart; null for lists of plain values, which are merged as sets.</param>
/// <param name="RetainKeys">An item's fields are those of the patch only.</param>
internal sealed record ListMerge(string? Key, bool RetainKeys = false)
{
    private const string Core = "k8s.io.api.core.v1.";

    /// <summary>Every list that is merged; all others are replaced as a whole, container statuses among them.</summary>
    private static readonly FrozenDictionary<string, ListMerge> ByField = new Dictionary<string, ListMerge>
    {
        [Core + "Container.env"] = new("name"),
        [Core + "Container.ports"] = new("containerPort"),
        [Core + "Container.volumeDevices"] = new("devicePath"),
        [Core + "Container.volumeMounts"] = new("mountPath"),
        [Core + "EphemeralContainerCommon.env"] = new("name"),
        [Core + "EphemeralContainerCommon.ports"] = new("containerPort"),
        [Core + "EphemeralContainerCommon.volumeDevices"] = new("devicePath"),
        [Core + "EphemeralContainerCommon.volumeMounts"] = new("mountPath"),
        [Core + "NamespaceStatus.conditions"] = new("type"),
        [Core + "NodeSpec.podCIDRs"] = new((string?)null),
        [Core + "NodeStatus.addresses"] = new("type"),
        [Core + "NodeStatus.conditions"] = new("type"),
        [Core + "PersistentVolumeClaimStatus.conditions"] = new("type"),
        [Core + "PodSpec.containers"] = new("name"),
        [Core + "PodSpec.ephemeralContainers"] = new("name"),
        [Core + "PodSpec.hostAliases"] = new("ip"),
        [Core + "PodSpec.imagePullSecrets"] = new("name"),
        [Core + "PodSpec.initContainers"] = new("name"),
        [Core + "PodSpec.resourceClaims"] = new("name", RetainKeys: true),
        [Core + "PodSpec.schedulingGates"] = new("name"),
        [Core + "PodSpec.topologySpreadConstraints"] = new("topologyKey"),
        [Core + "PodSpec.volumes"] = new("name", RetainKeys: true),
        [Core + "PodStatus.conditions"] = new("type"),
        [Core + "PodStatus.hostIPs"] = new("ip"),
        [Core + "PodStatus.podIPs"] = new("ip"),
        [Core + "PodStatus.resourceClaimStatuses"] = new("name", RetainKeys: true),
        [Core + "ServiceAccount.secrets"] = new("name"),
        [Core + "ServiceSpec.ports"] = new("port"),
        [Core + "ServiceStatus.conditions"] = new("type"),
        ["k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta.finalizers"] = new((string?)null),
        ["k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta.ownerReferences"] = new("uid"),
        ["k8s.io.api.policy.v1.PodDisruptionBudgetStatus.conditions"] = new("type"),
        ["k8s.io.api.resource.v1.ResourceClaimStatus.reservedFor"] = new("uid"),
        ["k8s.io.api.storage.v1.CSINodeSpec.drivers"] = new("name"),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    internal static IEnumerable<KeyValuePair<string, ListMerge>> All => ByField;

    public static ListMerge? Of(FieldDescriptor? field) => field is null ? null : ByField.GetValueOrDefault(field.FullName);
}
