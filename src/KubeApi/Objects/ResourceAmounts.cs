using NodeAgent.KubeApi.Meta;

namespace NodeAgent.KubeApi.Objects;

/// <summary>Amounts by resource name (<c>cpu</c>, <c>memory</c>, <c>example.com/gpu</c>).</summary>
public sealed class ResourceAmounts : Dictionary<string, QuantityValue>
{
    public ResourceAmounts()
        : base(StringComparer.Ordinal)
    {
    }

    public ResourceAmounts(IEnumerable<KeyValuePair<string, QuantityValue>> amounts)
        : base(amounts, StringComparer.Ordinal)
    {
    }

    public static ResourceAmounts From(IReadOnlyDictionary<string, Quantity>? list)
    {
        var amounts = new ResourceAmounts();
        foreach (var (name, quantity) in list ?? new Dictionary<string, Quantity>())
        {
            amounts[name] = quantity.Amount;
        }

        return amounts;
    }

    /// <summary>The amount, or zero.</summary>
    public QuantityValue Get(string name) => GetValueOrDefault(name);

    public void AddAll(IReadOnlyDictionary<string, QuantityValue> other)
    {
        foreach (var (name, amount) in other)
        {
            this[name] = TryGetValue(name, out var mine) ? mine + amount : amount;
        }
    }

    /// <summary>Raises each amount to the other's where that is greater.</summary>
    public void RaiseTo(IReadOnlyDictionary<string, QuantityValue> other)
    {
        foreach (var (name, amount) in other)
        {
            if (!TryGetValue(name, out var mine) || amount > mine)
            {
                this[name] = amount;
            }
        }
    }

    private QuantityValue GetValueOrDefault(string name) => TryGetValue(name, out var amount) ? amount : default;
}
