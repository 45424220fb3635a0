using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using ResourceClaim = NodeAgent.KubeApi.Resource.V1.ResourceClaim;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>The claims that a pod names, those included that were made for it from a template.</summary>
internal static class PodResourceClaims
{
    /// <returns>Null, and why, while one of them is not there or cannot be used.</returns>
    public static List<ResourceClaim>? Find(Pod pod, IStore<ResourceClaim> store, out string reason)
    {
        reason = "";
        var claims = new List<ResourceClaim>();
        foreach (var entry in pod.Spec.ResourceClaims)
        {
            var isOwn = entry.ResourceClaimName.Length == 0;
            var name = isOwn ? pod.Status.ResourceClaimStatuses.FirstOrDefault(s => s.Name == entry.Name) is { } made ? made.HasResourceClaimName ? made.ResourceClaimName : "" : null : entry.ResourceClaimName;
            if (name is null)
            {
                reason = $"pod \"{pod.Metadata.Namespace}/{pod.Metadata.Name}\": ResourceClaim not created yet";
                return null;
            }

            if (name.Length == 0)
            {
                // The controller found that none is needed.
                continue;
            }

            if (store.Get(pod.Metadata.Namespace, name) is not { } claim)
            {
                reason = $"resourceclaim.resource.k8s.io \"{name}\" not found";
                return null;
            }

            if (claim.Metadata.DeletionTimestamp is not null)
            {
                reason = $"resourceclaim \"{name}\" is being deleted";
                return null;
            }

            if (isOwn && !claim.Metadata.OwnerReferences.Any(o => o.Controller && o.Uid == pod.Metadata.Uid))
            {
                reason = $"ResourceClaim {pod.Metadata.Namespace}/{name} was not created for pod {pod.Metadata.Namespace}/{pod.Metadata.Name} (pod is not owner)";
                return null;
            }

            claims.Add(claim);
        }

        return claims;
    }

    public static bool Uses(Pod pod, ResourceClaim claim) =>
        pod.Metadata.Namespace == claim.Metadata.Namespace
        && (pod.Spec.ResourceClaims.Any(c => c.ResourceClaimName == claim.Metadata.Name) || pod.Status.ResourceClaimStatuses.Any(c => c.ResourceClaimName == claim.Metadata.Name));
}
