using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>What has to come true of allocated devices before their pod is bound: a device that is attached over a network, say.</summary>
internal static class BindingConditions
{
    public static bool Has(ResourceClaim claim) => claim.Status?.Allocation?.Devices?.Results.Any(r => r.BindingConditions.Count > 0) ?? false;

    /// <param name="failure">Why they will not come true; null while they still may.</param>
    /// <returns>Whether all have come true.</returns>
    public static bool AreMet(ResourceClaim claim, TimeSpan timeout, DateTimeOffset now, out string? failure)
    {
        failure = null;
        if (claim.Status?.Allocation is not { } allocation)
        {
            failure = $"claim {claim.Metadata.Name} has lost its devices";
            return false;
        }

        var isMet = true;
        foreach (var result in allocation.Devices?.Results.Where(r => r.BindingConditions.Count > 0) ?? [])
        {
            var conditions = claim.Status.Devices.FirstOrDefault(d => (d.Driver, d.Pool, d.Device, d.ShareID) == (result.Driver, result.Pool, result.Device, result.ShareID))?.Conditions ?? [];
            if (conditions.FirstOrDefault(c => c.Status == "True" && result.BindingFailureConditions.Contains(c.Type)) is { } failed)
            {
                failure = $"device binding failed: claim={claim.Metadata.Name}, reason={failed.Reason}, message=\"{failed.Message}\"";
                return false;
            }

            isMet &= result.BindingConditions.All(wanted => conditions.Any(c => c.Type == wanted && c.Status == "True"));
        }

        if (!isMet && allocation.AllocationTimestamp is { } at && at.ToDateTimeOffset() + timeout < now)
        {
            failure = $"device binding timeout: claim={claim.Metadata.Name}";
        }

        return isMet;
    }
}
