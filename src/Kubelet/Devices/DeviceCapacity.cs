using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Devices;

/// <summary>What device plugins add to the node's status, by resource. A resource that is gone has 0 in both.</summary>
internal sealed record DeviceCapacity(ImmutableSortedDictionary<string, int> Capacity, ImmutableSortedDictionary<string, int> Allocatable)
{
    public static readonly DeviceCapacity Nothing = new(ImmutableSortedDictionary<string, int>.Empty, ImmutableSortedDictionary<string, int>.Empty);
}
