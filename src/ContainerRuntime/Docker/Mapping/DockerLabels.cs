using System.Globalization;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>
/// What CRI keeps on sandboxes and containers, kept in Docker's labels, so that everything is read back after a restart of
/// the kubelet or of dockerd. The keys are cri-dockerd's where it has one: its pods are taken over as they are.
/// </summary>
internal static class DockerLabels
{
    public const string Type = "io.kubernetes.docker.type";
    public const string TypeSandbox = "podsandbox";
    public const string TypeContainer = "container";
    public const string LogPath = "io.kubernetes.container.logpath";
    public const string SandboxId = "io.kubernetes.sandbox.id";

    /// <summary>Nanoseconds since 1970: Docker's lists have only seconds, and sandboxes are ordered by this.</summary>
    public const string CreatedAt = "io.nodeagent.created-at";

    /// <summary>The image as the user wrote it, when the container was created from its id.</summary>
    public const string UserImage = "io.nodeagent.image";

    /// <summary>Who set up the sandbox's network: cni, bridge or host.</summary>
    public const string Network = "io.nodeagent.network";

    private const string ContainerName = "io.kubernetes.container.name";
    private const string AnnotationPrefix = "annotation.";

    private static readonly HashSet<string> Internal = [Type, LogPath, SandboxId, CreatedAt, UserImage, Network];

    /// <summary>Labels and annotations as Docker labels. The caller adds the internal ones.</summary>
    public static Dictionary<string, string> Merge(IEnumerable<KeyValuePair<string, string>> labels, IEnumerable<KeyValuePair<string, string>> annotations)
    {
        var merged = new Dictionary<string, string>(labels);
        foreach (var (key, value) in annotations)
        {
            merged[AnnotationPrefix + key] = value;
        }

        return merged;
    }

    /// <summary>The reverse of <see cref="Merge"/>, without the internal labels.</summary>
    public static void Split(IReadOnlyDictionary<string, string>? dockerLabels, IDictionary<string, string> labels, IDictionary<string, string> annotations)
    {
        var sandbox = dockerLabels?.GetValueOrDefault(Type) == TypeSandbox;
        foreach (var (key, value) in dockerLabels ?? new Dictionary<string, string>())
        {
            if (Internal.Contains(key) || (sandbox && key == ContainerName))
            {
                continue;
            }

            if (key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                annotations[key[AnnotationPrefix.Length..]] = value;
            }
            else
            {
                labels[key] = value;
            }
        }
    }

    /// <summary>The marks that tell a pause container, and let Docker's own tools name it.</summary>
    public static void MarkSandbox(Dictionary<string, string> labels)
    {
        labels[Type] = TypeSandbox;
        labels[ContainerName] = PodObjectName.Sandbox;
    }

    public static long CreatedAtOf(IReadOnlyDictionary<string, string>? labels, long fallback) =>
        labels is not null && labels.TryGetValue(CreatedAt, out var text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : fallback;
}
