using System.Globalization;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>Amounts of resources in the whole units that cgroups and the node count in.</summary>
internal static class ResourceAmounts
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string EphemeralStorage = "ephemeral-storage";

    public static bool IsZero(Quantity quantity) => quantity.Amount.IsZero;

    public static bool Same(Quantity left, Quantity right) => left.Amount == right.Amount;

    /// <summary>Thousandths, rounded up.</summary>
    public static long Milli(Quantity quantity) => quantity.MilliValue;

    /// <summary>Whole units, rounded up.</summary>
    public static long Units(Quantity quantity) => quantity.Value;

    public static long Milli(IDictionary<string, Quantity>? list, string name) => list is not null && list.TryGetValue(name, out var quantity) ? Milli(quantity) : 0;

    public static long Units(IDictionary<string, Quantity>? list, string name) => list is not null && list.TryGetValue(name, out var quantity) ? Units(quantity) : 0;

    /// <summary>The unit that a resource is counted in when it is added up: thousandths for CPU, whole units for the rest.</summary>
    public static long Count(string name, Quantity quantity) => name == Cpu ? Milli(quantity) : Units(quantity);

    public static Quantity FromUnits(long value) => new() { String = value.ToString(CultureInfo.InvariantCulture) };

    /// <summary>Bytes as whole Ki where that is exact, as upstream writes capacities.</summary>
    public static Quantity FromBytes(long value) =>
        new() { String = value % 1024 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{value / 1024}Ki") : value.ToString(CultureInfo.InvariantCulture) };

    public static Quantity FromMilli(long value) =>
        new() { String = value % 1000 == 0 ? (value / 1000).ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{value}m") };
}
