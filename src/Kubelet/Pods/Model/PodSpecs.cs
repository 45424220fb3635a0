namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>What a pod's spec and metadata say, read the same way everywhere.</summary>
internal static class PodSpecs
{
    public const string SourceAnnotation = "kubernetes.io/config.source";
    public const string MirrorAnnotation = "kubernetes.io/config.mirror";
    public const string HashAnnotation = "kubernetes.io/config.hash";
    public const string SeenAnnotation = "kubernetes.io/config.seen";
    public const string ApiSource = "api";

    public static PodUid Uid(this Pod pod) => new(pod.Metadata.Uid);

    /// <summary><c>name_namespace</c>: how a pod is named where it must be unique on the node.</summary>
    public static string FullName(this Pod pod) => $"{pod.Metadata.Name}_{pod.Metadata.Namespace}";

    /// <summary><c>name_namespace(uid)</c>: how upstream's messages name a pod.</summary>
    public static string Describe(this Pod pod) => $"{pod.Metadata.Name}_{pod.Metadata.Namespace}({pod.Metadata.Uid})";

    public static bool IsMirror(this Pod pod) => pod.Metadata.Annotations.ContainsKey(MirrorAnnotation);

    /// <summary>Whether the pod came from a manifest file or URL.</summary>
    public static bool IsStatic(this Pod pod) => pod.Metadata.Annotations.TryGetValue(SourceAnnotation, out var source) && source != ApiSource;

    public static bool IsCritical(this Pod pod) =>
        pod.IsStatic() || pod.IsMirror() || pod.Spec.Priority >= 2_000_000_000;

    public static bool IsTerminal(string phase) => phase is PodPhases.Failed or PodPhases.Succeeded;

    public static IEnumerable<(Container Spec, ContainerKind Kind)> AllContainers(this Pod pod)
    {
        foreach (var container in pod.Spec.InitContainers)
        {
            yield return (container, container.InitKind());
        }

        foreach (var container in pod.Spec.Containers)
        {
            yield return (container, ContainerKind.Main);
        }

        foreach (var container in pod.Spec.EphemeralContainers)
        {
            yield return (container.AsContainer(), ContainerKind.Ephemeral);
        }
    }

    public static (Container Spec, ContainerKind Kind)? FindContainer(this Pod pod, string name)
    {
        foreach (var pair in pod.AllContainers())
        {
            if (pair.Spec.Name == name)
            {
                return pair;
            }
        }

        return null;
    }

    public static ObjectReference Reference(this Pod pod, string? fieldPath = null)
    {
        var reference = new ObjectReference
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Namespace = pod.Metadata.Namespace,
            Name = pod.Metadata.Name,
            Uid = pod.Metadata.Uid,
            ResourceVersion = pod.Metadata.ResourceVersion,
        };
        if (fieldPath is not null)
        {
            reference.FieldPath = fieldPath;
        }

        return reference;
    }

    /// <summary>The reference that events about one container carry.</summary>
    public static ObjectReference Reference(this Pod pod, Container container, ContainerKind kind) => pod.Reference(
        kind switch
        {
            ContainerKind.Init or ContainerKind.Sidecar => $"spec.initContainers{{{container.Name}}}",
            ContainerKind.Ephemeral => $"spec.ephemeralContainers{{{container.Name}}}",
            _ => $"spec.containers{{{container.Name}}}",
        });
}
