namespace NodeAgent.KubeApi.Meta;

public sealed partial class Quantity
{
    private Parsed? _parsed;

    /// <summary>The amount; parsed once per text, so that reading it again costs nothing.</summary>
    /// <exception cref="FormatException">The text is no quantity. The API server never sends such; manifests are checked when they are read.</exception>
    public QuantityValue Amount
    {
        get
        {
            var text = String;
            if (_parsed is { } parsed && ReferenceEquals(parsed.Text, text))
            {
                return parsed.Value;
            }

            // An empty message is what the zero amount looks like on the wire.
            var value = text.Length == 0 ? default : QuantityValue.Parse(text);
            _parsed = new Parsed(text, value);
            return value;
        }
    }

    /// <summary>Whole units, rounded away from zero.</summary>
    public long Value => Amount.Value;

    /// <summary>Thousandths, rounded away from zero.</summary>
    public long MilliValue => Amount.MilliValue;

    public static Quantity From(QuantityValue value)
    {
        var text = value.ToString();
        return new Quantity { String = text, _parsed = new Parsed(text, value) };
    }

    /// <summary>Reads and rewrites in canonical form.</summary>
    /// <exception cref="FormatException">The text is no quantity; the message says why.</exception>
    public static Quantity Parse(string text) => From(QuantityValue.Parse(text));

    private sealed record Parsed(string Text, QuantityValue Value);
}
