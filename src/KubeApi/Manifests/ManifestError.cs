namespace NodeAgent.KubeApi.Manifests;

/// <summary>One thing that is wrong with a manifest.</summary>
/// <param name="Source">The file or address that the text came from.</param>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1.</param>
/// <param name="Path">The field, such as <c>spec.containers[0].image</c>; empty when the text itself is at fault.</param>
public sealed record ManifestError(string Source, int Line, int Column, string Path, string Message)
{
    public override string ToString() => Path.Length == 0 ? $"{Source}:{Line}:{Column}: {Message}" : $"{Source}:{Line}:{Column}: {Path}: {Message}";
}
