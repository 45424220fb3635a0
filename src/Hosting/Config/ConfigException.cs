namespace NodeAgent.Hosting.Config;

/// <summary>The configuration cannot be used; carries everything that is wrong with it.</summary>
public sealed class ConfigException : Exception
{
    public ConfigException(string what, IReadOnlyList<string> errors)
        : base(errors.Count == 1 ? $"{what}: {errors[0]}" : $"{what}: {errors.Count} errors:\n  {string.Join("\n  ", errors)}")
    {
        Errors = errors;
    }

    public ConfigException(string what, string error)
        : this(what, [error])
    {
    }

    public IReadOnlyList<string> Errors { get; }
}
