namespace NodeAgent.Scheduler.Framework.Pods;

/// <summary>The namespace and labels of a pod; one instance for all pods that have the same.</summary>
public sealed class LabelSet
{
    internal LabelSet(int id, string namespaceName, IReadOnlyDictionary<string, string> labels)
    {
        Id = id;
        Namespace = namespaceName;
        Labels = labels;
    }

    public int Id { get; }

    public string Namespace { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }
}
