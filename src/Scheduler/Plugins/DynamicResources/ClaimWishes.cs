using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>A claim without devices, and what it asks for: per request its alternatives, the best first.</summary>
internal sealed record ClaimWishes(ResourceClaim Claim, IReadOnlyList<IReadOnlyList<DeviceWish>> Requests)
{
    /// <exception cref="CelException">It asks for something that cannot be, or that is not supported; the message names claim and request.</exception>
    public static ClaimWishes Read(ResourceClaim claim, IStore<DeviceClass> classes)
    {
        var name = $"{claim.Metadata.Namespace}/{claim.Metadata.Name}";
        return new ClaimWishes(claim, [.. (claim.Spec?.Devices?.Requests ?? []).Select(r => ReadRequest(name, r, classes))]);
    }

    private static List<DeviceWish> ReadRequest(string claim, DeviceRequest request, IStore<DeviceClass> classes)
    {
        if (request.Exactly is { } exactly)
        {
            return [Wish(claim, request.Name, exactly.DeviceClassName, exactly.Selectors, exactly.AllocationMode, exactly.Count, exactly.AdminAccess, exactly.Tolerations, exactly.Capacity, classes)];
        }

        return request.FirstAvailable.Count > 0
            ? [.. request.FirstAvailable.Select(s => Wish(claim, $"{request.Name}/{s.Name}", s.DeviceClassName, s.Selectors, s.AllocationMode, s.Count, false, s.Tolerations, s.Capacity, classes))]
            : throw new CelException($"resource claim {claim}, request {request.Name}: unknown request type");
    }

    private static DeviceWish Wish(
        string claim,
        string request,
        string className,
        IEnumerable<DeviceSelector> selectors,
        string mode,
        long count,
        bool isAdmin,
        IReadOnlyList<DeviceToleration> tolerations,
        CapacityRequirements? capacity,
        IStore<DeviceClass> classes)
    {
        var deviceClass = classes.Get(null, className) ?? throw new CelException($"request {request}: device class {className} does not exist");
        var parsed = new List<CelExpression>();
        foreach (var selector in (deviceClass.Spec?.Selectors ?? []).Concat(selectors))
        {
            try
            {
                parsed.Add(CelExpression.Parse(selector.Cel?.Expression ?? ""));
            }
            catch (CelException e)
            {
                throw new CelException($"resource claim {claim}, request {request}: selector {selector.Cel?.Expression}: {e.Message}");
            }
        }

        long? wanted = mode switch
        {
            "" or "ExactCount" => count == 0 ? 1 : count,
            "All" => null,
            _ => throw new CelException($"resource claim {claim}, request {request}: allocation mode {mode} is not supported"),
        };
        return new DeviceWish(request, deviceClass, parsed, wanted, isAdmin, tolerations)
        {
            Capacity = (capacity?.Requests ?? []).ToDictionary(r => r.Key, r => r.Value.Amount, StringComparer.Ordinal),
        };
    }
}
