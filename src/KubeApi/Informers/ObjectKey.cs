namespace NodeAgent.KubeApi.Informers;

/// <param name="Namespace">Empty for cluster-scoped objects.</param>
internal readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(IKubeObject value) => new(value.Metadata.Namespace, value.Metadata.Name);
}
