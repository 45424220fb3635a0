namespace NodeAgent.Kubelet.DynamicResources;

/// <summary>Which claims a pod uses, and whether it may.</summary>
internal static class PodClaims
{
    /// <summary>The names of the claim objects by the names that the pod has for them. A claim that is not needed is left out.</summary>
    /// <exception cref="ClaimException">A claim that is to be made from a template is not made yet.</exception>
    public static IReadOnlyList<(string Entry, string Claim, bool IsOwned)> Of(Pod pod)
    {
        List<(string, string, bool)> claims = [];
        foreach (var entry in pod.Spec.ResourceClaims)
        {
            if (entry.HasResourceClaimName)
            {
                claims.Add((entry.Name, entry.ResourceClaimName, false));
                continue;
            }

            var made = pod.Status?.ResourceClaimStatuses.FirstOrDefault(s => s.Name == entry.Name)
                ?? throw new ClaimException($"pod claim {entry.Name}: ResourceClaim not created yet");
            if (made.HasResourceClaimName)
            {
                claims.Add((entry.Name, made.ResourceClaimName, true));
            }
        }

        return claims;
    }

    /// <returns>The claim object's name; null while it is not made, and for a claim that is not needed.</returns>
    public static string? NameOf(Pod pod, PodResourceClaim entry) =>
        entry.HasResourceClaimName ? entry.ResourceClaimName : pod.Status?.ResourceClaimStatuses.FirstOrDefault(s => s.Name == entry.Name) is { HasResourceClaimName: true } made ? made.ResourceClaimName : null;

    /// <exception cref="ClaimException">The claim is another pod's, or the scheduler has not reserved it for this one.</exception>
    public static void Check(Pod pod, KubeApi.Resource.V1.ResourceClaim claim, bool isOwned)
    {
        if (isOwned && !claim.Metadata.OwnerReferences.Any(o => o.Controller && o.Uid == pod.Metadata.Uid))
        {
            throw new ClaimException($"ResourceClaim {claim.Metadata.Namespace}/{claim.Metadata.Name} was not created for pod {pod.Metadata.Namespace}/{pod.Metadata.Name} (pod is not owner)");
        }

        if (claim.Status?.ReservedFor.Any(r => r.Uid == pod.Metadata.Uid) != true)
        {
            throw new ClaimException($"pod {pod.Metadata.Name} ({pod.Metadata.Uid}) is not allowed to use ResourceClaim {claim.Metadata.Name} ({claim.Metadata.Uid})");
        }
    }

    /// <summary>What the container uses: claim objects and, of each, a request; an empty request stands for all.</summary>
    public static IEnumerable<(string Claim, string Request)> Of(Pod pod, Container container)
    {
        var used = container.Resources?.Claims ?? [];
        return used.Count == 0 ? [] : Of(pod).SelectMany(c => used.Where(u => u.Name == c.Entry).Select(u => (c.Claim, u.Request)));
    }
}
