namespace NodeAgent.Hosting.Flags;

/// <summary>One flag of a <see cref="FlagSet"/>.</summary>
public abstract class Flag
{
    private protected Flag(string name, string help, string group, string typeName)
    {
        Name = name;
        Help = help;
        Group = group;
        TypeName = typeName;
    }

    /// <summary>Without dashes.</summary>
    public string Name { get; }

    public string Help { get; }

    public string Group { get; }

    /// <summary>As <c>--help</c> shows it: string, int32, duration; empty for a boolean.</summary>
    public string TypeName { get; }

    public char? Shorthand { get; init; }

    /// <summary>The flag stood on the command line.</summary>
    public bool IsSet { get; private set; }

    /// <summary>What takes its place; null when it is not deprecated.</summary>
    public string? DeprecatedFor { get; private set; }

    /// <summary>Accepted and not acted on.</summary>
    public bool IsIgnored { get; init; }

    /// <summary>What <c>--name</c> without a value means; null when it needs one.</summary>
    internal string? ValueWhenBare { get; init; }

    public abstract string DefaultText { get; }

    /// <summary>As /flagz shows it.</summary>
    public abstract string ValueText { get; }

    internal abstract bool IsDefaultZero { get; }

    /// <summary>Marks a flag whose place has been taken, mostly by a field of the config file. It still works, and wins over the file.</summary>
    public Flag Deprecated(string insteadUse)
    {
        DeprecatedFor = insteadUse;
        return this;
    }

    internal void Set(string text, string asWritten)
    {
        try
        {
            Accept(text);
        }
        catch (FormatException e)
        {
            throw new FlagException($"invalid argument \"{text}\" for \"{asWritten}\" flag: {e.Message}");
        }

        IsSet = true;
    }

    private protected abstract void Accept(string text);
}
