namespace NodeAgent.KubeApi.Objects;

/// <summary>What names an object within its resource.</summary>
/// <param name="Namespace">Empty for cluster-scoped objects.</param>
public readonly record struct NamespacedName(string Namespace, string Name)
{
    public static NamespacedName Of(IKubeObject value) => new(value.Metadata?.Namespace ?? "", value.Metadata?.Name ?? "");

    /// <summary>Reads <c>namespace/name</c>, or a name alone.</summary>
    public static NamespacedName Parse(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? new NamespacedName("", text) : new NamespacedName(text[..slash], text[(slash + 1)..]);
    }

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
