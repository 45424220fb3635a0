using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>One revision of a pod, with what was parsed of it. Immutable.</summary>
public sealed class PodInfo
{
    internal PodInfo(Pod pod, PodTemplate template, LabelSet labels)
    {
        Pod = pod;
        Template = template;
        Labels = labels;
    }

    /// <summary>The object as the API server sent it; shared, never changed.</summary>
    public Pod Pod { get; }

    public PodTemplate Template { get; }

    public LabelSet Labels { get; }

    public string Uid => Pod.Metadata.Uid;

    public string Namespace => Pod.Metadata.Namespace;

    public string Name => Pod.Metadata.Name;

    public NamespacedName Key => new(Namespace, Name);

    public int Priority => Template.Priority;

    public bool IsTerminating => Pod.Metadata.DeletionTimestamp is not null;

    public override string ToString() => $"{Namespace}/{Name}";
}
