namespace NodeAgent.KubeApi;

/// <summary>The resources that the daemons read and write, each with its place in the API.</summary>
public static class Resources
{
    public static readonly ResourceType<Core.V1.Pod> Pods = new("", "v1", "Pod", "pods", true, Core.V1.Pod.Parser);
    public static readonly ResourceType<Core.V1.Node> Nodes = new("", "v1", "Node", "nodes", false, Core.V1.Node.Parser);
    public static readonly ResourceType<Core.V1.Service> Services = new("", "v1", "Service", "services", true, Core.V1.Service.Parser);
    public static readonly ResourceType<Core.V1.Namespace> Namespaces = new("", "v1", "Namespace", "namespaces", false, Core.V1.Namespace.Parser);
    public static readonly ResourceType<Core.V1.ConfigMap> ConfigMaps = new("", "v1", "ConfigMap", "configmaps", true, Core.V1.ConfigMap.Parser);
    public static readonly ResourceType<Core.V1.Secret> Secrets = new("", "v1", "Secret", "secrets", true, Core.V1.Secret.Parser);
    public static readonly ResourceType<Core.V1.PersistentVolume> PersistentVolumes = new("", "v1", "PersistentVolume", "persistentvolumes", false, Core.V1.PersistentVolume.Parser);
    public static readonly ResourceType<Core.V1.PersistentVolumeClaim> PersistentVolumeClaims = new("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, Core.V1.PersistentVolumeClaim.Parser);
    public static readonly ResourceType<Core.V1.ReplicationController> ReplicationControllers = new("", "v1", "ReplicationController", "replicationcontrollers", true, Core.V1.ReplicationController.Parser);
    public static readonly ResourceType<Core.V1.ServiceAccount> ServiceAccounts = new("", "v1", "ServiceAccount", "serviceaccounts", true, Core.V1.ServiceAccount.Parser);
    public static readonly ResourceType<Core.V1.Event> CoreEvents = new("", "v1", "Event", "events", true, Core.V1.Event.Parser);
    public static readonly ResourceType<Apps.V1.ReplicaSet> ReplicaSets = new("apps", "v1", "ReplicaSet", "replicasets", true, Apps.V1.ReplicaSet.Parser);
    public static readonly ResourceType<Apps.V1.StatefulSet> StatefulSets = new("apps", "v1", "StatefulSet", "statefulsets", true, Apps.V1.StatefulSet.Parser);
    public static readonly ResourceType<Discovery.V1.EndpointSlice> EndpointSlices = new("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true, Discovery.V1.EndpointSlice.Parser);
    public static readonly ResourceType<Discovery.V1Beta1.EndpointSlice> EndpointSlicesV1Beta1 = new("discovery.k8s.io", "v1beta1", "EndpointSlice", "endpointslices", true, Discovery.V1Beta1.EndpointSlice.Parser);
    public static readonly ResourceType<Policy.V1.PodDisruptionBudget> PodDisruptionBudgets = new("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, Policy.V1.PodDisruptionBudget.Parser);
    public static readonly ResourceType<Policy.V1Beta1.PodDisruptionBudget> PodDisruptionBudgetsV1Beta1 = new("policy", "v1beta1", "PodDisruptionBudget", "poddisruptionbudgets", true, Policy.V1Beta1.PodDisruptionBudget.Parser);
    public static readonly ResourceType<Storage.V1.StorageClass> StorageClasses = new("storage.k8s.io", "v1", "StorageClass", "storageclasses", false, Storage.V1.StorageClass.Parser);
    public static readonly ResourceType<Storage.V1.CSINode> CSINodes = new("storage.k8s.io", "v1", "CSINode", "csinodes", false, Storage.V1.CSINode.Parser);
    public static readonly ResourceType<Storage.V1.CSIDriver> CSIDrivers = new("storage.k8s.io", "v1", "CSIDriver", "csidrivers", false, Storage.V1.CSIDriver.Parser);
    public static readonly ResourceType<Storage.V1.VolumeAttachment> VolumeAttachments = new("storage.k8s.io", "v1", "VolumeAttachment", "volumeattachments", false, Storage.V1.VolumeAttachment.Parser);
    public static readonly ResourceType<Storage.V1.CSIStorageCapacity> CSIStorageCapacities = new("storage.k8s.io", "v1", "CSIStorageCapacity", "csistoragecapacities", true, Storage.V1.CSIStorageCapacity.Parser);
    public static readonly ResourceType<Coordination.V1.Lease> Leases = new("coordination.k8s.io", "v1", "Lease", "leases", true, Coordination.V1.Lease.Parser);
    public static readonly ResourceType<Events.V1.Event> SeriesEvents = new("events.k8s.io", "v1", "Event", "events", true, Events.V1.Event.Parser);
    public static readonly ResourceType<Node.V1.RuntimeClass> RuntimeClasses = new("node.k8s.io", "v1", "RuntimeClass", "runtimeclasses", false, Node.V1.RuntimeClass.Parser);
    public static readonly ResourceType<Authentication.V1.TokenReview> TokenReviews = new("authentication.k8s.io", "v1", "TokenReview", "tokenreviews", false, Authentication.V1.TokenReview.Parser);
    public static readonly ResourceType<Authorization.V1.SubjectAccessReview> SubjectAccessReviews = new("authorization.k8s.io", "v1", "SubjectAccessReview", "subjectaccessreviews", false, Authorization.V1.SubjectAccessReview.Parser);
    public static readonly ResourceType<Certificates.V1.CertificateSigningRequest> CertificateSigningRequests = new("certificates.k8s.io", "v1", "CertificateSigningRequest", "certificatesigningrequests", false, Certificates.V1.CertificateSigningRequest.Parser);
    public static readonly ResourceType<Certificates.V1Beta1.ClusterTrustBundle> ClusterTrustBundles = new("certificates.k8s.io", "v1beta1", "ClusterTrustBundle", "clustertrustbundles", false, Certificates.V1Beta1.ClusterTrustBundle.Parser);
    public static readonly ResourceType<Scheduling.V1.PriorityClass> PriorityClasses = new("scheduling.k8s.io", "v1", "PriorityClass", "priorityclasses", false, Scheduling.V1.PriorityClass.Parser);
    public static readonly ResourceType<Scheduling.V1Alpha2.PodGroup> PodGroups = new("scheduling.k8s.io", "v1alpha2", "PodGroup", "podgroups", true, Scheduling.V1Alpha2.PodGroup.Parser);
    public static readonly ResourceType<Resource.V1.ResourceClaim> ResourceClaims = new("resource.k8s.io", "v1", "ResourceClaim", "resourceclaims", true, Resource.V1.ResourceClaim.Parser);
    public static readonly ResourceType<Resource.V1.ResourceSlice> ResourceSlices = new("resource.k8s.io", "v1", "ResourceSlice", "resourceslices", false, Resource.V1.ResourceSlice.Parser);
    public static readonly ResourceType<Resource.V1.DeviceClass> DeviceClasses = new("resource.k8s.io", "v1", "DeviceClass", "deviceclasses", false, Resource.V1.DeviceClass.Parser);

    /// <summary>Every resource above.</summary>
    public static readonly IReadOnlyList<ResourceType> All =
    [
        Pods,
        Nodes,
        Services,
        Namespaces,
        ConfigMaps,
        Secrets,
        PersistentVolumes,
        PersistentVolumeClaims,
        ReplicationControllers,
        ServiceAccounts,
        CoreEvents,
        ReplicaSets,
        StatefulSets,
        EndpointSlices,
        EndpointSlicesV1Beta1,
        PodDisruptionBudgets,
        PodDisruptionBudgetsV1Beta1,
        StorageClasses,
        CSINodes,
        CSIDrivers,
        VolumeAttachments,
        CSIStorageCapacities,
        Leases,
        SeriesEvents,
        RuntimeClasses,
        TokenReviews,
        SubjectAccessReviews,
        CertificateSigningRequests,
        ClusterTrustBundles,
        PriorityClasses,
        PodGroups,
        ResourceClaims,
        ResourceSlices,
        DeviceClasses,
    ];
}
