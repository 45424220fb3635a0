using System.Collections.Immutable;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Devices;

/// <summary>On which NUMA nodes a request for devices can be met.</summary>
internal static class DeviceHints
{
    /// <param name="available">Devices that may be taken.</param>
    /// <param name="reusable">Devices that have to be part of every answer.</param>
    /// <param name="hostNodes">The NUMA nodes of the host.</param>
    public static IReadOnlyList<NumaHint> For(DeviceResource resource, ImmutableSortedSet<string> available, ImmutableSortedSet<string> reusable, int count, IReadOnlyList<int> hostNodes)
    {
        // Nodes without devices can be left out: they never make an answer possible, and each doubles the work.
        var withDevices = hostNodes.Where(n => resource.Devices.Keys.Any(d => resource.NodesOf(d).Has(n))).ToList();
        var nodes = withDevices.Count > 0 ? withDevices : hostNodes;
        var narrowest = nodes.Count;
        List<NumaMask> possible = [];
        foreach (var mask in NumaMask.Combinations(nodes))
        {
            if (mask.Count < narrowest && resource.Devices.Keys.Count(d => resource.NodesOf(d).HasAny(mask)) >= count)
            {
                narrowest = mask.Count;
            }

            var placed = reusable.Where(d => resource.Devices.TryGetValue(d, out var device) && device.Topology is not null).ToList();
            if (placed.TrueForAll(d => resource.NodesOf(d).HasAny(mask)) && placed.Count + available.Count(d => resource.NodesOf(d).HasAny(mask)) >= count)
            {
                possible.Add(mask);
            }
        }

        return [.. possible.Select(m => new NumaHint(m, m.Count == narrowest))];
    }
}
