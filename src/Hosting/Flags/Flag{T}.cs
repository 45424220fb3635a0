namespace NodeAgent.Hosting.Flags;

/// <summary>A flag with a value of its type.</summary>
public sealed class Flag<T> : Flag
{
    private readonly Func<string, T> _parse;
    private readonly Func<T, T, T>? _merge;
    private readonly Func<T, string> _format;

    /// <param name="parse">Throws <see cref="FormatException"/> with what a value must look like.</param>
    /// <param name="merge">Joins the values of a flag that is given several times; null when the last one counts.</param>
    internal Flag(string name, T defaultValue, string help, string group, string typeName, Func<string, T> parse, Func<T, T, T>? merge, Func<T, string> format)
        : base(name, help, group, typeName)
    {
        Default = defaultValue;
        Value = defaultValue;
        _parse = parse;
        _merge = merge;
        _format = format;
    }

    public T Default { get; }

    public T Value { get; private set; }

    public override string DefaultText => _format(Default);

    public override string ValueText => _format(Value);

    internal override bool IsDefaultZero => DefaultText is "" or "0" or "false" or "0s" or "[]";

    /// <summary>The flag's value when it was given, else what the config file says: flags win.</summary>
    public T Over(T configured) => IsSet ? Value : configured;

    private protected override void Accept(string text)
    {
        var value = _parse(text);
        Value = IsSet && _merge is not null ? _merge(Value, value) : value;
    }
}
