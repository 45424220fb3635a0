using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>The scalar fields that stand in JSON even when they are zero, false or empty; in all others such a value is left out.</summary>
/// <remarks>
/// Protobuf tells a zero that was set from one that was not, JSON as the API writes it does so only for these: fields that
/// are required, and those for which "zero" and "not given" mean different things.
/// </remarks>
internal static class JsonZeroFields
{
    private const string Table = """
        k8s.io.apimachinery.pkg.apis.meta.v1
          Condition type status reason message
          DeleteOptions gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential
          FieldSelectorRequirement key operator
          LabelSelectorRequirement key operator
          ListMeta remainingItemCount
          ObjectMeta deletionGracePeriodSeconds
          OwnerReference apiVersion kind name uid controller blockOwnerDeletion
          Preconditions uid resourceVersion
          ShardInfo selector
        k8s.io.api.apps.v1
          ReplicaSetSpec replicas
          StatefulSetSpec replicas
        k8s.io.api.authentication.v1
          TokenRequestSpec expirationSeconds
          TokenRequestStatus token
        k8s.io.api.authorization.v1
          SubjectAccessReviewStatus allowed
        k8s.io.api.certificates.v1
          CertificateSigningRequestCondition type status
          CertificateSigningRequestSpec signerName expirationSeconds
        k8s.io.api.coordination.v1
          LeaseSpec holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
        k8s.io.api.core.v1
          AWSElasticBlockStoreVolumeSource volumeID
          AppArmorProfile type localhostProfile
          AttachedVolume name devicePath
          AzureDiskVolumeSource diskName diskURI cachingMode fsType readOnly kind
          AzureFilePersistentVolumeSource secretName shareName secretNamespace
          AzureFileVolumeSource secretName shareName
          CSIPersistentVolumeSource driver volumeHandle
          CSIVolumeSource driver readOnly fsType
          CinderPersistentVolumeSource volumeID
          CinderVolumeSource volumeID
          ClientIPConfig timeoutSeconds
          ClusterTrustBundleProjection name signerName optional path
          ConfigMap immutable
          ConfigMapEnvSource optional
          ConfigMapKeySelector key optional
          ConfigMapNodeConfigSource namespace name kubeletConfigKey
          ConfigMapProjection optional
          ConfigMapVolumeSource defaultMode optional
          Container name restartPolicy
          ContainerExtendedResourceRequest containerName resourceName requestName
          ContainerPort containerPort
          ContainerResizePolicy resourceName restartPolicy
          ContainerStateTerminated exitCode
          ContainerStatus name ready restartCount image imageID started stopSignal
          DaemonEndpoint Port
          DownwardAPIVolumeFile path mode
          DownwardAPIVolumeSource defaultMode
          EnvVar name
          EphemeralContainerCommon name restartPolicy
          Event reportingComponent reportingInstance
          FCVolumeSource lun
          FileKeySelector volumeName path key optional
          FlexPersistentVolumeSource driver
          FlexVolumeSource driver
          GCEPersistentDiskVolumeSource pdName
          GRPCAction port service
          GitRepoVolumeSource repository
          GlusterfsPersistentVolumeSource endpoints path endpointsNamespace
          GlusterfsVolumeSource endpoints path
          HTTPHeader name value
          HostAlias ip
          HostIP ip
          HostPathVolumeSource path type
          ISCSIPersistentVolumeSource targetPortal iqn lun initiatorName
          ISCSIVolumeSource targetPortal iqn lun initiatorName
          KeyToPath key path mode
          Lifecycle stopSignal
          LinuxContainerUser uid gid
          LoadBalancerIngress ipMode
          LocalVolumeSource path fsType
          ModifyVolumeStatus status
          NFSVolumeSource server path
          NamespaceCondition type status
          NodeAddress type address
          NodeAllocatableResourceClaimStatus resourceClaimName
          NodeCondition type status
          NodeFeatures supplementalGroupsPolicy
          NodeRuntimeHandler name
          NodeRuntimeHandlerFeatures recursiveReadOnlyMounts userNamespaces
          NodeSelectorRequirement key operator
          NodeSwapStatus capacity
          NodeSystemInfo machineID systemUUID bootID kernelVersion osImage containerRuntimeVersion kubeletVersion kubeProxyVersion operatingSystem architecture
          ObjectFieldSelector fieldPath
          PersistentVolumeClaimCondition type status
          PersistentVolumeClaimSpec storageClassName volumeMode volumeAttributesClassName
          PersistentVolumeClaimStatus currentVolumeAttributesClassName
          PersistentVolumeClaimVolumeSource claimName
          PersistentVolumeSpec volumeMode volumeAttributesClassName
          PhotonPersistentDiskVolumeSource pdID
          PodAffinityTerm topologyKey
          PodCertificateProjection maxExpirationSeconds
          PodCondition type status
          PodDNSConfigOption value
          PodExtendedResourceClaimStatus resourceClaimName
          PodIP ip
          PodOS name
          PodReadinessGate conditionType
          PodResourceClaim name resourceClaimName resourceClaimTemplateName
          PodResourceClaimStatus name resourceClaimName
          PodSchedulingGate name
          PodSchedulingGroup podGroupName
          PodSecurityContext runAsUser runAsGroup runAsNonRoot supplementalGroupsPolicy fsGroup fsGroupChangePolicy seLinuxChangePolicy
          PodSpec terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride
          PortStatus port protocol error
          PortworxVolumeSource volumeID
          PreferredSchedulingTerm weight
          Probe terminationGracePeriodSeconds
          ProjectedVolumeSource defaultMode
          QuobyteVolumeSource registry volume
          RBDPersistentVolumeSource image
          RBDVolumeSource image
          ReplicationControllerSpec replicas
          ResourceClaim name
          ResourceFieldSelector resource
          ResourceHealth resourceID message
          ResourceStatus name
          ScaleIOPersistentVolumeSource gateway system
          ScaleIOVolumeSource gateway system
          SeccompProfile type localhostProfile
          Secret immutable
          SecretEnvSource optional
          SecretKeySelector key optional
          SecretProjection optional
          SecretVolumeSource defaultMode optional
          SecurityContext privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount
          ServiceAccount automountServiceAccountToken
          ServiceAccountTokenProjection expirationSeconds path
          ServicePort appProtocol port
          ServiceSpec ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
          SleepAction seconds
          Sysctl name value
          Taint key effect
          Toleration tolerationSeconds
          TopologySelectorLabelRequirement key
          TopologySpreadConstraint maxSkew topologyKey whenUnsatisfiable minDomains nodeAffinityPolicy nodeTaintsPolicy
          TypedLocalObjectReference apiGroup kind name
          TypedObjectReference apiGroup kind name namespace
          Volume name
          VolumeDevice name devicePath
          VolumeMount name recursiveReadOnly mountPath mountPropagation
          VolumeMountStatus name mountPath recursiveReadOnly
          VsphereVirtualDiskVolumeSource volumePath
          WeightedPodAffinityTerm weight
          WindowsSecurityContextOptions gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
        k8s.io.api.discovery.v1
          Endpoint hostname nodeName zone
          EndpointConditions ready serving terminating
          EndpointPort name protocol port appProtocol
          EndpointSlice addressType
          ForNode name
          ForZone name
        k8s.io.api.events.v1
          EventSeries count
        k8s.io.api.node.v1
          RuntimeClass handler
        k8s.io.api.policy.v1
          PodDisruptionBudgetSpec unhealthyPodEvictionPolicy
          PodDisruptionBudgetStatus disruptionsAllowed currentHealthy desiredHealthy expectedPods
        k8s.io.api.resource.v1
          AllocatedDeviceStatus driver pool device shareID
          CELDeviceSelector expression
          CounterSet name
          Device name nodeName allNodes bindsToNode allowMultipleAllocations
          DeviceAllocationConfiguration source
          DeviceAttribute int bool string version
          DeviceClassSpec extendedResourceName
          DeviceConstraint matchAttribute distinctAttribute
          DeviceCounterConsumption counterSet
          DeviceRequest name
          DeviceRequestAllocationResult request driver pool device adminAccess shareID
          DeviceSubRequest name deviceClassName
          DeviceTaint key effect
          DeviceToleration tolerationSeconds
          ExactDeviceRequest deviceClassName adminAccess
          NodeAllocatableResourceMapping capacityKey
          OpaqueDeviceConfiguration driver
          ResourceClaimConsumerReference resource name uid
          ResourcePool name generation resourceSliceCount
          ResourceSliceSpec driver nodeName allNodes perDeviceNodeSelection
        k8s.io.api.scheduling.v1
          PriorityClass value preemptionPolicy
        k8s.io.api.storage.v1
          CSIDriverSpec attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets preventPodSchedulingIfMissing
          CSINodeDriver name nodeID
          CSIStorageCapacity storageClassName
          StorageClass provisioner reclaimPolicy allowVolumeExpansion volumeBindingMode
          TokenRequest audience expirationSeconds
          VolumeAttachmentSource persistentVolumeName
          VolumeAttachmentSpec attacher nodeName
          VolumeAttachmentStatus attached
          VolumeError errorCode
          VolumeNodeResources count
        """;

    private static readonly FrozenSet<string> Fields = Parse();

    public static bool Contains(FieldDescriptor field) => Fields.Contains(field.FullName);

    private static FrozenSet<string> Parse()
    {
        var fields = new HashSet<string>(StringComparer.Ordinal);
        var package = "";
        foreach (var line in Table.Split('\n'))
        {
            if (line[0] != ' ')
            {
                package = line;
                continue;
            }

            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            fields.UnionWith(words.Skip(1).Select(field => $"{package}.{words[0]}.{field}"));
        }

        return fields.ToFrozenSet(StringComparer.Ordinal);
    }
}
