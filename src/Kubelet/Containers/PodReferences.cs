namespace NodeAgent.Kubelet.Containers;

/// <summary>The names of the objects that a pod reads.</summary>
internal static class PodReferences
{
    public static IEnumerable<string> ConfigMaps(Pod pod) => Variables(pod)
        .Select(v => v.ValueFrom?.ConfigMapKeyRef?.LocalObjectReference?.Name)
        .Concat(Sources(pod).Select(s => s.ConfigMapRef?.LocalObjectReference?.Name))
        .Concat(pod.Spec.Volumes.Select(v => v.VolumeSource?.ConfigMap?.LocalObjectReference?.Name))
        .Concat(Projections(pod).Select(p => p.ConfigMap?.LocalObjectReference?.Name))
        .OfType<string>()
        .Distinct();

    public static IEnumerable<string> Secrets(Pod pod) => Variables(pod)
        .Select(v => v.ValueFrom?.SecretKeyRef?.LocalObjectReference?.Name)
        .Concat(Sources(pod).Select(s => s.SecretRef?.LocalObjectReference?.Name))
        .Concat(pod.Spec.Volumes.Select(v => v.VolumeSource?.Secret?.SecretName))
        .Concat(Projections(pod).Select(p => p.Secret?.LocalObjectReference?.Name))
        .Concat(pod.Spec.ImagePullSecrets.Select(s => s.Name))
        .OfType<string>()
        .Distinct();

    private static IEnumerable<EnvVar> Variables(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).SelectMany(c => c.Env)
        .Concat(pod.Spec.EphemeralContainers.SelectMany(c => c.EphemeralContainerCommon?.Env ?? Enumerable.Empty<EnvVar>()));

    private static IEnumerable<EnvFromSource> Sources(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers).SelectMany(c => c.EnvFrom)
        .Concat(pod.Spec.EphemeralContainers.SelectMany(c => c.EphemeralContainerCommon?.EnvFrom ?? Enumerable.Empty<EnvFromSource>()));

    private static IEnumerable<VolumeProjection> Projections(Pod pod) => pod.Spec.Volumes.SelectMany(v => v.VolumeSource?.Projected?.Sources ?? Enumerable.Empty<VolumeProjection>());
}
