using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Volumes;

/// <summary>The volumes of a pod that are ready, by name.</summary>
internal sealed record ReadyVolumes(ImmutableDictionary<string, ReadyVolume> ByName)
{
    public static readonly ReadyVolumes None = new(ImmutableDictionary<string, ReadyVolume>.Empty);
}
