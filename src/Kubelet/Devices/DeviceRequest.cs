using System.Collections.Immutable;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Devices;

/// <summary>A container's wish for devices of one resource, and what there is to meet it.</summary>
/// <param name="Reusable">What an init container of the same pod had and no longer needs.</param>
/// <param name="InUse">What other containers have.</param>
/// <param name="Affinity">The NUMA nodes that were agreed on; null for any.</param>
internal sealed record DeviceRequest(string Name, DeviceResource Resource, int Count, ImmutableSortedSet<string> Reusable, ImmutableSortedSet<string> InUse, NumaMask? Affinity);
