using System.Globalization;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>One condition on one label. Made by <see cref="Create"/>, which refuses what could never be right.</summary>
public sealed class Requirement
{
    private readonly string[] _values;
    private readonly long _number;

    private Requirement(string key, SelectorOperator op, string[] values, long number)
    {
        Key = key;
        Operator = op;
        _values = values;
        _number = number;
    }

    public string Key { get; }

    public SelectorOperator Operator { get; }

    public IReadOnlyList<string> Values => _values;

    /// <exception cref="FormatException">The key, the values or their number do not suit the operator.</exception>
    public static Requirement Create(string key, SelectorOperator op, params IEnumerable<string> values)
    {
        var list = values.ToArray();
        if (LabelSyntax.CheckKey(key) is { } keyError)
        {
            throw new FormatException($"label key \"{key}\" {keyError}");
        }

        var number = 0L;
        switch (op)
        {
            case SelectorOperator.In or SelectorOperator.NotIn when list.Length == 0:
                throw new FormatException($"label \"{key}\": In and NotIn need at least one value");
            case SelectorOperator.Exists or SelectorOperator.DoesNotExist when list.Length > 0:
                throw new FormatException($"label \"{key}\": Exists and DoesNotExist take no values");
            case SelectorOperator.GreaterThan or SelectorOperator.LessThan when list.Length != 1 || !TryParseNumber(list[0], out number):
                throw new FormatException($"label \"{key}\": Gt and Lt need exactly one value, a whole number");
        }

        foreach (var value in list)
        {
            if (LabelSyntax.CheckValue(value) is { } valueError)
            {
                throw new FormatException($"value \"{value}\" of label \"{key}\" {valueError}");
            }
        }

        return new Requirement(key, op, list, number);
    }

    /// <summary>Equality, unchecked: a key or value that no label can have just matches nothing.</summary>
    internal static Requirement Equal(string key, string value) => new(key, SelectorOperator.In, [value], 0);

    public bool Matches(IReadOnlyDictionary<string, string>? labels)
    {
        string? value = null;
        var isPresent = labels?.TryGetValue(Key, out value) ?? false;
        return Operator switch
        {
            SelectorOperator.In => isPresent && HasValue(value!),
            SelectorOperator.NotIn => !isPresent || !HasValue(value!),
            SelectorOperator.Exists => isPresent,
            SelectorOperator.DoesNotExist => !isPresent,
            SelectorOperator.GreaterThan => isPresent && TryParseNumber(value!, out var number) && number > _number,
            SelectorOperator.LessThan => isPresent && TryParseNumber(value!, out var number) && number < _number,
            _ => false,
        };
    }

    /// <summary>The API's query form.</summary>
    public override string ToString() => Operator switch
    {
        SelectorOperator.In when _values.Length == 1 => $"{Key}={_values[0]}",
        SelectorOperator.NotIn when _values.Length == 1 => $"{Key}!={_values[0]}",
        SelectorOperator.In => $"{Key} in ({Sorted()})",
        SelectorOperator.NotIn => $"{Key} notin ({Sorted()})",
        SelectorOperator.Exists => Key,
        SelectorOperator.DoesNotExist => $"!{Key}",
        SelectorOperator.GreaterThan => $"{Key}>{_values[0]}",
        _ => $"{Key}<{_values[0]}",
    };

    internal static bool TryParseNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);

    private string Sorted() => string.Join(',', _values.Order(StringComparer.Ordinal));

    private bool HasValue(string value) => _values.AsSpan().Contains(value);
}
