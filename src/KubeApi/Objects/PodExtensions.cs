using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Objects;

/// <summary>What the daemons ask of a pod.</summary>
public static class PodExtensions
{
    /// <summary>Where a pod came from: <c>api</c>, <c>file</c> or <c>http</c>.</summary>
    public const string ConfigSourceAnnotation = "kubernetes.io/config.source";

    /// <summary>On the API's copy of a pod that the kubelet runs from a manifest: the hash of the manifest.</summary>
    public const string ConfigMirrorAnnotation = "kubernetes.io/config.mirror";

    public const string ConfigHashAnnotation = "kubernetes.io/config.hash";

    extension(Pod pod)
    {
        /// <summary>Succeeded or Failed: no container runs or will run.</summary>
        public bool IsTerminal => pod.Status?.Phase is "Succeeded" or "Failed";

        public bool IsReady => pod.GetCondition("Ready")?.Status == "True";

        /// <summary>The API's copy of a pod from a manifest.</summary>
        public bool IsMirror => pod.Annotation(ConfigMirrorAnnotation) is not null;

        /// <summary>A pod from a manifest, not from the API.</summary>
        public bool IsStatic => pod.Annotation(ConfigSourceAnnotation) is { } source && source != "api";

        public bool IsOfDaemonSet => pod.ControllerOwner?.Kind == "DaemonSet";

        public bool UsesHostNetwork => pod.Spec?.HostNetwork ?? false;

        /// <summary>Static, mirror, or of a priority from 2000000000 up: never evicted for others.</summary>
        public bool IsCritical => pod.IsStatic || pod.IsMirror || (pod.Spec is { HasPriority: true } spec && spec.Priority >= 2_000_000_000);

        public PodCondition? GetCondition(string type) => Find(pod.Status?.Conditions, type);

        /// <summary>Every container that the spec names, in the order in which they start.</summary>
        public IEnumerable<Container> AllContainers => pod.Spec is { } spec ? spec.InitContainers.Concat(spec.Containers) : [];

        public ContainerStatus? GetContainerStatus(string name) =>
            pod.Status is not { } status ? null : status.ContainerStatuses.Concat(status.InitContainerStatuses).Concat(status.EphemeralContainerStatuses).FirstOrDefault(s => s.Name == name);

        public ResourceAmounts Requests(PodResourceOptions? options = null) => PodResources.Requests(pod, options);

        public ResourceAmounts Limits(PodResourceOptions? options = null) => PodResources.Limits(pod, options);
    }

    private static PodCondition? Find(RepeatedField<PodCondition>? conditions, string type) => conditions?.FirstOrDefault(c => c.Type == type);
}
