using System.Collections.Immutable;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>A resource claim that pods of this node use.</summary>
/// <param name="Drivers">Devices by driver; those of a driver that has prepared nothing yet are empty.</param>
/// <param name="IsPrepared">By this kubelet: one that starts anew asks the drivers again, who have to bear it.</param>
internal sealed record PreparedClaim(string Namespace, string Name, string Uid, ImmutableSortedSet<string> Pods, ImmutableSortedDictionary<string, ImmutableArray<PreparedDevice>> Drivers, bool IsPrepared)
{
    /// <exception cref="ClaimException">Nothing is allocated for it.</exception>
    public static PreparedClaim Of(KubeApi.Resource.V1.ResourceClaim claim)
    {
        var results = claim.Status?.Allocation?.Devices?.Results ?? throw new ClaimException($"ResourceClaim {claim.Metadata.Name}: not allocated");
        var drivers = results.Select(r => r.Driver).Distinct().ToImmutableSortedDictionary(d => d, _ => ImmutableArray<PreparedDevice>.Empty, StringComparer.Ordinal);
        return new PreparedClaim(claim.Metadata.Namespace, claim.Metadata.Name, claim.Metadata.Uid, ImmutableSortedSet.Create<string>(StringComparer.Ordinal), drivers, false);
    }

    public PreparedClaim UsedBy(PodUid pod) => this with { Pods = Pods.Add(pod.Value) };

    public PreparedClaim NoLongerUsedBy(PodUid pod) => this with { Pods = Pods.Remove(pod.Value) };

    /// <param name="request">Of the claim; empty for all.</param>
    public IEnumerable<string> CdiIds(string request) =>
        Drivers.Values.SelectMany(d => d).Where(d => request.Length == 0 || d.Requests.IsEmpty || d.Requests.Contains(request)).SelectMany(d => d.CdiIds);
}
