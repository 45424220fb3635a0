// The messages that are objects of the API: each already has the Metadata property that IKubeObject asks for.

namespace NodeAgent.KubeApi.Core.V1
{
    public sealed partial class Pod : IKubeObject;
    public sealed partial class Node : IKubeObject;
    public sealed partial class Service : IKubeObject;
    public sealed partial class Namespace : IKubeObject;
    public sealed partial class ConfigMap : IKubeObject;
    public sealed partial class Secret : IKubeObject;
    public sealed partial class PersistentVolume : IKubeObject;
    public sealed partial class PersistentVolumeClaim : IKubeObject;
    public sealed partial class ReplicationController : IKubeObject;
    public sealed partial class ServiceAccount : IKubeObject;
    public sealed partial class Event : IKubeObject;
}

namespace NodeAgent.KubeApi.Apps.V1
{
    public sealed partial class ReplicaSet : IKubeObject;
    public sealed partial class StatefulSet : IKubeObject;
}

namespace NodeAgent.KubeApi.Discovery.V1
{
    public sealed partial class EndpointSlice : IKubeObject;
}

namespace NodeAgent.KubeApi.Discovery.V1Beta1
{
    public sealed partial class EndpointSlice : IKubeObject;
}

namespace NodeAgent.KubeApi.Policy.V1
{
    public sealed partial class PodDisruptionBudget : IKubeObject;
}

namespace NodeAgent.KubeApi.Policy.V1Beta1
{
    public sealed partial class PodDisruptionBudget : IKubeObject;
}

namespace NodeAgent.KubeApi.Storage.V1
{
    public sealed partial class StorageClass : IKubeObject;
    public sealed partial class CSINode : IKubeObject;
    public sealed partial class CSIDriver : IKubeObject;
    public sealed partial class VolumeAttachment : IKubeObject;
    public sealed partial class CSIStorageCapacity : IKubeObject;
}

namespace NodeAgent.KubeApi.Coordination.V1
{
    public sealed partial class Lease : IKubeObject;
}

namespace NodeAgent.KubeApi.Events.V1
{
    public sealed partial class Event : IKubeObject;
}

namespace NodeAgent.KubeApi.Node.V1
{
    public sealed partial class RuntimeClass : IKubeObject;
}

namespace NodeAgent.KubeApi.Authentication.V1
{
    public sealed partial class TokenReview : IKubeObject;
}

namespace NodeAgent.KubeApi.Authorization.V1
{
    public sealed partial class SubjectAccessReview : IKubeObject;
}

namespace NodeAgent.KubeApi.Certificates.V1
{
    public sealed partial class CertificateSigningRequest : IKubeObject;
}

namespace NodeAgent.KubeApi.Certificates.V1Beta1
{
    public sealed partial class ClusterTrustBundle : IKubeObject;
}

namespace NodeAgent.KubeApi.Scheduling.V1
{
    public sealed partial class PriorityClass : IKubeObject;
}

namespace NodeAgent.KubeApi.Scheduling.V1Alpha2
{
    public sealed partial class PodGroup : IKubeObject;
}

namespace NodeAgent.KubeApi.Resource.V1
{
    public sealed partial class ResourceClaim : IKubeObject;
    public sealed partial class ResourceSlice : IKubeObject;
    public sealed partial class DeviceClass : IKubeObject;
}
