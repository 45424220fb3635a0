namespace NodeAgent.KubeApi.Manifests;

/// <param name="Path">The field, such as <c>spec.containers[0].ports[1].hostPort</c>.</param>
public sealed record FieldError(string Path, string Message)
{
    public override string ToString() => $"{Path}: {Message}";
}
