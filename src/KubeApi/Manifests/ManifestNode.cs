namespace NodeAgent.KubeApi.Manifests;

/// <summary>A value in a manifest and its place there; the same for YAML and JSON.</summary>
internal abstract class ManifestNode(int line, int column)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    /// <summary>The values in it, itself included and aliases followed.</summary>
    public int Size { get; protected set; } = 1;

    /// <summary>For messages: what the value is.</summary>
    public abstract string Describe();
}
