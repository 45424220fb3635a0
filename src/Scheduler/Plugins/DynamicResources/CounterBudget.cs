using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Resource.V1;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>What is left of the counters that the devices of a pool share: parts of one piece of hardware can be had as long as there is enough of it.</summary>
/// <param name="left">By driver, pool, counter set and counter.</param>
internal sealed class CounterBudget(Dictionary<(string Driver, string Pool, string Set, string Counter), QuantityValue> left)
{
    /// <summary>To be drawn on without changing this one.</summary>
    public CounterBudget Copy() => left.Count == 0 ? this : new CounterBudget(new(left));

    /// <summary>Takes what the device consumes.</summary>
    /// <returns>False, and nothing is taken, when there is not enough.</returns>
    public bool TryTake(DeviceKey key, Device device)
    {
        foreach (var (counter, wanted) in Of(key, device))
        {
            if (!left.TryGetValue(counter, out var free) || free < wanted)
            {
                return false;
            }
        }

        Add(key, device, give: false);
        return true;
    }

    public void GiveBack(DeviceKey key, Device device) => Add(key, device, give: true);

    /// <summary>Of a device that is taken already, whether there is enough or not.</summary>
    public void Draw(DeviceKey key, Device device) => Add(key, device, give: false);

    private static IEnumerable<((string, string, string, string) Counter, QuantityValue Wanted)> Of(DeviceKey key, Device device) =>
        device.ConsumesCounters.SelectMany(set => set.Counters.Select(c => ((key.Driver, key.Pool, set.CounterSet, c.Key), c.Value.Value.Amount)));

    private void Add(DeviceKey key, Device device, bool give)
    {
        foreach (var (counter, wanted) in Of(key, device))
        {
            var free = left.GetValueOrDefault(counter);
            left[counter] = give ? free + wanted : free - wanted;
        }
    }
}
