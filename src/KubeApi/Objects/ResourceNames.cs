namespace NodeAgent.KubeApi.Objects;

/// <summary>The names of resources that have a meaning of their own.</summary>
public static class ResourceNames
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string Pods = "pods";
    public const string EphemeralStorage = "ephemeral-storage";
    public const string HugePagesPrefix = "hugepages-";

    /// <summary>Whether a pod as a whole, and not only its containers, can ask for the resource.</summary>
    public static bool IsPodLevel(string name) => name is Cpu or Memory || name.StartsWith(HugePagesPrefix, StringComparison.Ordinal);
}
