using System.Globalization;
using System.Numerics;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Kubelet.Pods.Model;

/// <summary>Amounts of resources in the whole units that cgroups and the node count in.</summary>
internal static class ResourceAmounts
{
    public const string Cpu = "cpu";
    public const string Memory = "memory";
    public const string EphemeralStorage = "ephemeral-storage";

    public static bool IsZero(Quantity quantity) => NanoUnits(quantity).IsZero;

    public static bool Same(Quantity left, Quantity right) => NanoUnits(left) == NanoUnits(right);

    /// <summary>Thousandths, rounded up.</summary>
    public static long Milli(Quantity quantity) => Divide(quantity, 1_000_000);

    /// <summary>Whole units, rounded up.</summary>
    public static long Units(Quantity quantity) => Divide(quantity, 1_000_000_000);

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

    private static long Divide(Quantity quantity, long by)
    {
        var (whole, rest) = BigInteger.DivRem(NanoUnits(quantity), by);
        var rounded = rest.Sign > 0 ? whole + 1 : whole;
        return rounded > long.MaxValue ? long.MaxValue : rounded < long.MinValue ? long.MinValue : (long)rounded;
    }

    private static BigInteger NanoUnits(Quantity quantity)
    {
        var text = quantity.String.AsSpan().Trim();
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || text[end] is '.' or '+' or '-'))
        {
            end++;
        }

        if (end == 0)
        {
            return BigInteger.Zero;
        }

        var (numerator, scale) = ParseDecimal(text[..end]);
        var (factor, exponent) = Suffix(text[end..]);
        var power = 9 + exponent - scale;
        var value = numerator * factor;
        return power >= 0 ? value * BigInteger.Pow(10, power) : DivideUp(value, BigInteger.Pow(10, -power));
    }

    private static BigInteger DivideUp(BigInteger value, BigInteger by)
    {
        var (whole, rest) = BigInteger.DivRem(value, by);
        return rest.Sign > 0 ? whole + 1 : whole;
    }

    private static (BigInteger Value, int Scale) ParseDecimal(ReadOnlySpan<char> text)
    {
        var dot = text.IndexOf('.');
        if (dot < 0)
        {
            return (BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), 0);
        }

        var digits = string.Concat(text[..dot], text[(dot + 1)..]);
        return (BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), text.Length - dot - 1);
    }

    private static (BigInteger Factor, int Exponent) Suffix(ReadOnlySpan<char> suffix) => suffix switch
    {
        "" => (1, 0),
        "n" => (1, -9),
        "u" => (1, -6),
        "m" => (1, -3),
        "k" => (1, 3),
        "M" => (1, 6),
        "G" => (1, 9),
        "T" => (1, 12),
        "P" => (1, 15),
        "E" => (1, 18),
        "Ki" => (BigInteger.One << 10, 0),
        "Mi" => (BigInteger.One << 20, 0),
        "Gi" => (BigInteger.One << 30, 0),
        "Ti" => (BigInteger.One << 40, 0),
        "Pi" => (BigInteger.One << 50, 0),
        "Ei" => (BigInteger.One << 60, 0),
        ['e' or 'E', .. var exponent] => (1, int.Parse(exponent, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        _ => throw new FormatException($"The quantity has an unknown suffix '{suffix}'."),
    };
}
