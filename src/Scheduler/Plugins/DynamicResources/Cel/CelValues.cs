using System.Text.RegularExpressions;
using NodeAgent.KubeApi.Meta;

namespace NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

/// <summary>What operators and methods do with values: bool, long, string, lists, quantities, versions, and parts of the device.</summary>
internal static class CelValues
{
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromMilliseconds(100);

    private static readonly HashSet<string> Methods = ["startsWith", "endsWith", "contains", "matches", "lowerAscii", "compareTo", "isLessThan", "isGreaterThan"];

    /// <summary>A map of the device by domain, or by name within a domain.</summary>
    private sealed record Map(CelDevice Device, bool IsCapacity, string? Domain);

    /// <exception cref="CelException">The method is not supported.</exception>
    public static void RequireMethod(string name)
    {
        if (!Methods.Contains(name))
        {
            throw new CelException($"{name}(…) is not supported; supported are {string.Join(", ", Methods)}, quantity and semver");
        }
    }

    /// <summary>|| and &amp;&amp;: a side that fails does not matter when the other one decides.</summary>
    /// <param name="decides">The value of one side that settles the whole.</param>
    public static object Either(Func<CelDevice, object?> left, Func<CelDevice, object?> right, CelDevice device, bool decides)
    {
        CelException? failure = null;
        foreach (var side in (ReadOnlySpan<Func<CelDevice, object?>>)[left, right])
        {
            try
            {
                if (side(device) is not bool value)
                {
                    throw new CelException($"{(decides ? "||" : "&&")} wants bools");
                }

                if (value == decides)
                {
                    return decides;
                }
            }
            catch (CelException e)
            {
                failure ??= e;
            }
        }

        return failure is null ? !decides : throw failure;
    }

    public static object? Member(object? target, string name) => target switch
    {
        CelDevice device => name switch
        {
            "driver" => device.Driver,
            "attributes" => new Map(device, false, null),
            "capacity" => new Map(device, true, null),
            "allowMultipleAllocations" => device.Device.AllowMultipleAllocations,
            _ => throw new CelException($"device.{name} is not supported"),
        },
        Map { Domain: null } map => map with { Domain = name },
        Map map => Find(map, name) ?? throw new CelException($"no such key: {name}"),
        _ => throw new CelException($"{Describe(target)} has no {name}"),
    };

    public static bool Compare(string symbol, object? left, object? right)
    {
        if (symbol is "==" or "!=")
        {
            return IsEqual(left, right) == (symbol == "==");
        }

        var order = (left, right) switch
        {
            (long l, long r) => l.CompareTo(r),
            (string l, string r) => string.CompareOrdinal(l, r),
            _ => throw new CelException($"{Describe(left)} {symbol} {Describe(right)} is not supported"),
        };
        return symbol switch
        {
            "<" => order < 0,
            "<=" => order <= 0,
            ">" => order > 0,
            _ => order >= 0,
        };
    }

    public static bool IsIn(object? value, object? container) => container switch
    {
        List<object?> list => list.Exists(i => IsEqual(value, i)),
        Map { Domain: not null } map when value is string name => Find(map, name) is not null,
        Map map when value is string domain => HasDomain(map, domain),
        _ => throw new CelException($"in wants a list or a map, not {Describe(container)}"),
    };

    public static object Construct(string kind, object? argument)
    {
        var text = argument as string ?? throw new CelException($"{kind} wants a string");
        return kind == "semver" ? CelVersion.Parse(text) : QuantityValue.TryParse(text, out var amount) ? amount : throw new CelException($"\"{text}\" is no quantity");
    }

    public static object Call(string method, object? target, List<object?> arguments) => (method, target, arguments) switch
    {
        ("startsWith", string s, [string a]) => s.StartsWith(a, StringComparison.Ordinal),
        ("endsWith", string s, [string a]) => s.EndsWith(a, StringComparison.Ordinal),
        ("contains", string s, [string a]) => s.Contains(a, StringComparison.Ordinal),
        ("matches", string s, [string a]) => IsMatch(s, a),
        ("lowerAscii", string s, []) => s.ToLowerInvariant(),
        ("compareTo", QuantityValue q, [QuantityValue a]) => (long)q.CompareTo(a),
        ("isLessThan", QuantityValue q, [QuantityValue a]) => q < a,
        ("isGreaterThan", QuantityValue q, [QuantityValue a]) => q > a,
        ("compareTo", CelVersion v, [CelVersion a]) => (long)Math.Sign(v.CompareTo(a)),
        ("isLessThan", CelVersion v, [CelVersion a]) => v.CompareTo(a) < 0,
        ("isGreaterThan", CelVersion v, [CelVersion a]) => v.CompareTo(a) > 0,
        _ => throw new CelException($"{Describe(target)}.{method}({string.Join(", ", arguments.Select(Describe))}) is not supported"),
    };

    private static bool IsMatch(string text, string pattern)
    {
        try
        {
            return Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchTimeout);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException or RegexMatchTimeoutException)
        {
            throw new CelException($"matches(\"{pattern}\"): {e.Message}");
        }
    }

    private static object? Find(Map map, string name) => map.IsCapacity ? map.Device.Capacity(map.Domain!, name) : map.Device.Attribute(map.Domain!, name);

    private static bool HasDomain(Map map, string domain)
    {
        IEnumerable<string> keys = map.IsCapacity ? map.Device.Device.Capacity.Keys : map.Device.Device.Attributes.Keys;
        return keys.Any(k => k.StartsWith(domain + "/", StringComparison.Ordinal) || (domain == map.Device.Driver && !k.Contains('/', StringComparison.Ordinal)));
    }

    private static bool IsEqual(object? left, object? right) => (left, right) switch
    {
        (List<object?> l, List<object?> r) => l.Count == r.Count && l.Zip(r).All(p => IsEqual(p.First, p.Second)),
        (CelVersion l, CelVersion r) => l.CompareTo(r) == 0,
        (bool or long or string or QuantityValue, _) => left!.Equals(right),
        _ => throw new CelException($"{Describe(left)} cannot be compared"),
    };

    private static string Describe(object? value) => value switch
    {
        bool => "a bool",
        long => "a number",
        string => "a string",
        QuantityValue => "a quantity",
        CelVersion => "a version",
        List<object?> => "a list",
        Map => "a map",
        CelDevice => "the device",
        _ => "nothing",
    };
}
