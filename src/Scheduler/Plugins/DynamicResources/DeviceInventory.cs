using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>The devices of the newest generation of every pool whose slices are all there.</summary>
internal sealed class DeviceInventory
{
    private readonly Dictionary<string, List<ResourceSlice>> _byNode = new(StringComparer.Ordinal);
    private readonly List<ResourceSlice> _others = [];
    private readonly Dictionary<(string Driver, string Pool, string Set, string Counter), QuantityValue> _counters = [];
    private readonly Dictionary<DeviceKey, Device> _consumers = [];

    public DeviceInventory(IEnumerable<ResourceSlice> slices)
    {
        foreach (var pool in slices.Where(s => s.Spec?.Pool is not null).GroupBy(s => (s.Spec.Driver, s.Spec.Pool.Name)))
        {
            var generation = pool.Max(s => s.Spec.Pool.Generation);
            var current = pool.Where(s => s.Spec.Pool.Generation == generation).ToList();
            if (current.Count < current[0].Spec.Pool.ResourceSliceCount)
            {
                continue;
            }

            foreach (var slice in current)
            {
                ListOf(slice).Add(slice);
                AddCounters(slice);
            }
        }
    }

    /// <summary>What is left of shared counters beside the devices that are taken, or used in part.</summary>
    public CounterBudget Budget(Predicate<DeviceKey> isTaken)
    {
        var budget = new CounterBudget(new(_counters));
        foreach (var (key, device) in _consumers)
        {
            if (isTaken(key))
            {
                budget.Draw(key, device);
            }
        }

        return budget;
    }

    /// <summary>In the order of drivers, pools and slices.</summary>
    public List<DeviceOffer> On(Node node)
    {
        var offers = new List<DeviceOffer>();
        foreach (var slice in _byNode.GetValueOrDefault(node.Metadata.Name, []).Concat(_others.Where(s => s.Spec.PerDeviceNodeSelection || s.Spec.AllNodes || Matches(s.Spec.NodeSelector, node))))
        {
            foreach (var device in slice.Spec.Devices)
            {
                if (!slice.Spec.PerDeviceNodeSelection || device.AllNodes || device.NodeName == node.Metadata.Name || (device.NodeName.Length == 0 && Matches(device.NodeSelector, node)))
                {
                    offers.Add(new DeviceOffer(new DeviceKey(slice.Spec.Driver, slice.Spec.Pool.Name, device.Name), device, slice));
                }
            }
        }

        return [.. offers.OrderBy(o => o.Key.Driver, StringComparer.Ordinal).ThenBy(o => o.Key.Pool, StringComparer.Ordinal)];
    }

    public static bool Matches(NodeSelector? selector, Node node)
    {
        try
        {
            return selector is not null && NodeSelectorMatcher.From(selector).Matches(node.Metadata.Name, node.Metadata.Labels);
        }
        catch (FormatException)
        {
            // A selector that makes no sense selects nothing.
            return false;
        }
    }

    private void AddCounters(ResourceSlice slice)
    {
        foreach (var set in slice.Spec.SharedCounters)
        {
            foreach (var (name, counter) in set.Counters)
            {
                _counters[(slice.Spec.Driver, slice.Spec.Pool.Name, set.Name, name)] = counter.Value.Amount;
            }
        }

        foreach (var device in slice.Spec.Devices.Where(d => d.ConsumesCounters.Count > 0))
        {
            _consumers[new DeviceKey(slice.Spec.Driver, slice.Spec.Pool.Name, device.Name)] = device;
        }
    }

    private List<ResourceSlice> ListOf(ResourceSlice slice)
    {
        if (slice.Spec.NodeName.Length == 0)
        {
            return _others;
        }

        if (!_byNode.TryGetValue(slice.Spec.NodeName, out var list))
        {
            list = [];
            _byNode[slice.Spec.NodeName] = list;
        }

        return list;
    }
}
