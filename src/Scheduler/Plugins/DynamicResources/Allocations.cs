using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>Chosen devices as a claim's status has them.</summary>
internal static class Allocations
{
    public static AllocationResult ToResult(ClaimWishes claim, IEnumerable<DevicePick> picks, Node node)
    {
        var own = picks.Where(p => ReferenceEquals(p.Claim, claim)).ToList();
        var result = new AllocationResult { Devices = new DeviceAllocationResult() };
        foreach (var (_, wish, offer, share, _) in own)
        {
            var device = new DeviceRequestAllocationResult { Request = wish.Name, Driver = offer.Key.Driver, Pool = offer.Key.Pool, Device = offer.Key.Device };
            device.Tolerations.AddRange(wish.Tolerations);
            if (wish.IsAdmin)
            {
                device.AdminAccess = true;
            }

            device.BindingConditions.AddRange(offer.Device.BindingConditions);
            device.BindingFailureConditions.AddRange(offer.Device.BindingFailureConditions);
            if (share is not null)
            {
                device.ShareID = Guid.NewGuid().ToString();
                foreach (var (name, amount) in share)
                {
                    device.ConsumedCapacity[name] = Quantity.From(amount);
                }
            }

            result.Devices.Results.Add(device);
        }

        foreach (var wish in own.Select(p => p.Wish).DistinctBy(w => w.Name))
        {
            foreach (var config in wish.Class.Spec?.Config ?? [])
            {
                result.Devices.Config.Add(new DeviceAllocationConfiguration { Source = "FromClass", Requests = { wish.Name }, DeviceConfiguration = config.DeviceConfiguration });
            }
        }

        foreach (var config in claim.Claim.Spec.Devices?.Config ?? [])
        {
            if (config.Requests.Count == 0 || own.Exists(p => config.Requests.Contains(p.Wish.Name) || config.Requests.Contains(p.Wish.Name.Split('/')[0])))
            {
                result.Devices.Config.Add(new DeviceAllocationConfiguration { Source = "FromClaim", Requests = { config.Requests }, DeviceConfiguration = config.DeviceConfiguration });
            }
        }

        if (own.Exists(p => p.Offer.Device.BindsToNode || !(p.Offer.Slice.Spec.AllNodes || p.Offer.Device.AllNodes)))
        {
            result.NodeSelector = SelectorOf(own, node);
        }

        return result;
    }

    /// <summary>Devices of one selector can be reached from all its nodes; a mixture is for this node.</summary>
    private static NodeSelector SelectorOf(List<DevicePick> picks, Node node)
    {
        var selectors = picks.Exists(p => p.Offer.Device.BindsToNode) ? [] : picks.Select(p => p.Offer.Slice.Spec.PerDeviceNodeSelection ? p.Offer.Device.NodeSelector : p.Offer.Slice.Spec.NodeSelector).Distinct().ToList();
        return selectors is [{ } one]
            ? one
            : new NodeSelector { NodeSelectorTerms = { new NodeSelectorTerm { MatchFields = { new NodeSelectorRequirement { Key = "metadata.name", Operator = "In", Values = { node.Metadata.Name } } } } } };
    }
}
