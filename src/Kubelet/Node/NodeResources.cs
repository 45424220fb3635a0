using System.Globalization;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Node;

/// <summary>What the machine has, and what of it is for pods.</summary>
internal sealed record NodeResources(IReadOnlyDictionary<string, Quantity> Capacity, IReadOnlyDictionary<string, Quantity> Allocatable)
{
    private const string MemorySignal = "memory.available";
    private const string DiskSignal = "nodefs.available";

    public static readonly IReadOnlyDictionary<string, string> DefaultEviction = new Dictionary<string, string>
    {
        [MemorySignal] = "100Mi",
        [DiskSignal] = "10%",
        ["nodefs.inodesFree"] = "5%",
        ["imagefs.available"] = "15%",
        ["imagefs.inodesFree"] = "5%",
    };

    /// <param name="diskBytes">The size of the file system that holds pods.</param>
    public static NodeResources Of(HostInfo host, long diskBytes, KubeletConfiguration config)
    {
        Dictionary<string, Quantity> capacity = new()
        {
            [ResourceAmounts.Cpu] = ResourceAmounts.FromMilli(host.Cpus * 1000L),
            [ResourceAmounts.Memory] = ResourceAmounts.FromBytes(host.MemoryBytes),
            [ResourceAmounts.EphemeralStorage] = ResourceAmounts.FromBytes(diskBytes),
            ["pods"] = ResourceAmounts.FromUnits(config.MaxPods),
        };
        foreach (var (name, bytes) in host.HugePages)
        {
            capacity[name] = ResourceAmounts.FromBytes(bytes);
        }

        Dictionary<string, Quantity> allocatable = new(capacity)
        {
            [ResourceAmounts.Cpu] = ResourceAmounts.FromMilli(Math.Max(host.Cpus * 1000L - Reserved(ResourceAmounts.Cpu), 0)),
        };
        var huge = host.HugePages.Values.Sum();
        allocatable[ResourceAmounts.Memory] = ResourceAmounts.FromBytes(Math.Max(host.MemoryBytes - huge - Reserved(ResourceAmounts.Memory) - Threshold(config, MemorySignal, host.MemoryBytes), 0));
        allocatable[ResourceAmounts.EphemeralStorage] = ResourceAmounts.FromUnits(Math.Max(diskBytes - Reserved(ResourceAmounts.EphemeralStorage) - Threshold(config, DiskSignal, diskBytes), 0));
        return new NodeResources(capacity, allocatable);

        long Reserved(string name) => Amount(config.SystemReserved, name) + Amount(config.KubeReserved, name);
    }

    /// <summary>The amount of a signal below which the node is under pressure; in the config an amount or a part of the whole.</summary>
    public static long Threshold(KubeletConfiguration config, string signal, long whole)
    {
        var text = Eviction.EvictionThresholds.Hard(config).GetValueOrDefault(signal, "");
        if (text.EndsWith('%'))
        {
            return (long)(whole * decimal.Parse(text.AsSpan()[..^1], CultureInfo.InvariantCulture) / 100);
        }

        return text.Length > 0 && QuantityValue.TryParse(text, out var amount) ? amount.Value : 0;
    }

    private static long Amount(Dictionary<string, Hosting.Config.ConfigQuantity> list, string name) =>
        list.TryGetValue(name, out var text) ? ResourceAmounts.Count(name, new Quantity { String = text.Text }) : 0;
}
