using System.Collections.Immutable;
using NodeAgent.Kubelet.Allocation;

namespace NodeAgent.Kubelet.Devices;

/// <summary>
/// Which devices a container gets: those of the pod's init containers first, then those on the agreed NUMA nodes, and of
/// several that would do those that the plugin prefers. Upstream's order; between equals the smaller id.
/// </summary>
internal static class DeviceChoice
{
    /// <summary>Asks the plugin which it prefers: of what is available, with what is taken already, how many in all. Null when it has no preference.</summary>
    internal delegate Task<IReadOnlyCollection<string>?> Preference(IReadOnlyCollection<string> available, IReadOnlyCollection<string> mustInclude, int size);

    /// <exception cref="AllocationException">There are not enough.</exception>
    public static async Task<ImmutableSortedSet<string>> ChooseAsync(DeviceRequest request, Preference preference)
    {
        var chosen = ImmutableSortedSet.CreateBuilder<string>(StringComparer.Ordinal);
        if (Take(request.Reusable))
        {
            return chosen.ToImmutable();
        }

        var needed = request.Count - chosen.Count;
        var available = request.Resource.Healthy.Except(request.InUse).Except(request.Reusable);
        if (available.Count < needed)
        {
            throw new AllocationException($"requested number of devices unavailable for {request.Name}. Requested: {needed}, Available: {available.Count}");
        }

        var (aligned, unaligned, placeless) = ByAffinity(request, available);
        if (needed < aligned.Count)
        {
            var best = await preference(aligned.Union(chosen), [.. chosen], request.Count);
            _ = Take(aligned.Intersect(best ?? [])) || Take(aligned);
            return chosen.ToImmutable();
        }

        if (Take(aligned))
        {
            return chosen.ToImmutable();
        }

        var preferred = await preference(available.Union(chosen), [.. chosen], request.Count);
        _ = Take(available.Intersect(preferred ?? [])) || Take(unaligned) || Take(placeless);
        return chosen.ToImmutable();

        bool Take(IEnumerable<string> devices)
        {
            foreach (var device in devices)
            {
                if (chosen.Count == request.Count)
                {
                    break;
                }

                chosen.Add(device);
            }

            return chosen.Count == request.Count;
        }
    }

    private static (ImmutableSortedSet<string> Aligned, ImmutableSortedSet<string> Unaligned, ImmutableSortedSet<string> Placeless) ByAffinity(DeviceRequest request, ImmutableSortedSet<string> available)
    {
        var none = available.Clear();
        if (request.Affinity is not { } affinity || !request.Resource.HasTopology)
        {
            return (none, none, available);
        }

        var aligned = available.Where(d => request.Resource.NodesOf(d).HasAny(affinity)).ToImmutableSortedSet(StringComparer.Ordinal);
        var placeless = available.Where(d => request.Resource.NodesOf(d).Count == 0).ToImmutableSortedSet(StringComparer.Ordinal);
        return (aligned, available.Except(aligned).Except(placeless), placeless);
    }
}
