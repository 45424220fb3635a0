using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>How much of the capacity of devices is in use that may be allocated several times.</summary>
internal sealed class CapacityUse(Dictionary<DeviceKey, Dictionary<string, QuantityValue>> used)
{
    /// <summary>To be added to without changing this one.</summary>
    public CapacityUse Copy() => new(used.ToDictionary(u => u.Key, u => new Dictionary<string, QuantityValue>(u.Value)));

    public bool IsUsed(DeviceKey key) => used.TryGetValue(key, out var amounts) && amounts.Values.Any(a => a > QuantityValue.Zero);

    /// <summary>
    /// What a request takes of the device, by the device's policies: of a capacity that it does not name the default, or all; of one
    /// that it names as much as it says, rounded up to what the policy allows.
    /// </summary>
    /// <returns>Null when the device has not that much at all, or not that capacity.</returns>
    public static Dictionary<string, QuantityValue>? ShareOf(Device device, IReadOnlyDictionary<string, QuantityValue> requested)
    {
        if (requested.Keys.Any(name => !device.Capacity.ContainsKey(name)))
        {
            return null;
        }

        var share = new Dictionary<string, QuantityValue>(StringComparer.Ordinal);
        foreach (var (name, capacity) in device.Capacity)
        {
            var amount = requested.TryGetValue(name, out var wanted) ? RoundUp(wanted, capacity.RequestPolicy) : capacity.RequestPolicy?.Default?.Amount ?? capacity.Value.Amount;
            if (Violates(amount, capacity.RequestPolicy) || amount > capacity.Value.Amount)
            {
                return null;
            }

            share[name] = amount;
        }

        return share;
    }

    /// <returns>False, and nothing is taken, when too little is left.</returns>
    public bool TryTake(DeviceKey key, Device device, IReadOnlyDictionary<string, QuantityValue> share)
    {
        if (used.TryGetValue(key, out var amounts) && share.Any(s => amounts.GetValueOrDefault(s.Key) + s.Value > device.Capacity[s.Key].Value.Amount))
        {
            return false;
        }

        Take(key, share);
        return true;
    }

    /// <summary>Of a share that is allocated already, whether there is as much or not.</summary>
    public void Take(DeviceKey key, IEnumerable<KeyValuePair<string, QuantityValue>> share)
    {
        if (!used.TryGetValue(key, out var amounts))
        {
            used[key] = amounts = new Dictionary<string, QuantityValue>(StringComparer.Ordinal);
        }

        foreach (var (name, amount) in share)
        {
            amounts[name] = amounts.GetValueOrDefault(name) + amount;
        }
    }

    public void GiveBack(DeviceKey key, IReadOnlyDictionary<string, QuantityValue> share)
    {
        foreach (var (name, amount) in share)
        {
            used[key][name] = used[key][name] - amount;
        }
    }

    private static QuantityValue RoundUp(QuantityValue wanted, CapacityRequestPolicy? policy)
    {
        if (policy?.ValidRange is { Min: { } min } range)
        {
            return wanted < min.Amount ? min.Amount
                : range.Step is { Value: > 0 and var step } && (wanted.Value - min.Value) % step is not 0 and var rest ? QuantityValue.FromBytes(wanted.Value + step - rest)
                : wanted;
        }

        return policy?.ValidValues.Select(v => v.Amount).FirstOrDefault(v => wanted <= v, wanted) ?? wanted;
    }

    private static bool Violates(QuantityValue amount, CapacityRequestPolicy? policy)
    {
        if (policy is null || policy.Default?.Amount == amount)
        {
            return false;
        }

        return policy.ValidRange is { } range
            ? range.Max?.Amount < amount || (range.Step is { Value: > 0 and var step } && (amount.Value - (range.Min?.Value ?? 0)) % step != 0)
            : policy.ValidValues.Count > 0 && policy.ValidValues.All(v => v.Amount != amount);
    }
}
