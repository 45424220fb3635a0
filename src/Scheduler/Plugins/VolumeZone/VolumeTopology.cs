namespace NodeAgent.Scheduler.Plugins.VolumeZone;

/// <summary>The zones or regions that a volume is in.</summary>
/// <param name="Newer">The label to look at on nodes that lack the first.</param>
internal sealed record VolumeTopology(string Label, string Newer, IReadOnlyList<string> Values)
{
    public bool Matches(IReadOnlyDictionary<string, string> nodeLabels) =>
        (nodeLabels.TryGetValue(Label, out var value) || nodeLabels.TryGetValue(Newer, out value)) && Values.Contains(value);

    public bool Equals(VolumeTopology? other) => other is not null && Label == other.Label && Values.SequenceEqual(other.Values);

    public override int GetHashCode() => HashCode.Combine(Label, Values.Count);
}
