namespace NodeAgent.KubeApi.Manifests;

/// <summary>What was read from a text: the objects without a fault, and every fault of the others.</summary>
public sealed record ManifestResult(IReadOnlyList<ManifestObject> Objects, IReadOnlyList<ManifestError> Errors)
{
    public bool IsValid => Errors.Count == 0;

    /// <exception cref="FormatException">There are errors; the message has them all.</exception>
    public IReadOnlyList<ManifestObject> ObjectsOrThrow() =>
        IsValid ? Objects : throw new FormatException(string.Join(Environment.NewLine, Errors));
}
