using NodeAgent.KubeApi.Selectors;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Collects what a validation finds.</summary>
internal sealed class FieldErrors
{
    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> All => _errors;

    public void Add(string path, string message) => _errors.Add(new FieldError(path, message));

    /// <returns>Whether there is a value.</returns>
    public bool Required(string path, string value)
    {
        if (value.Length == 0)
        {
            Add(path, "is required");
        }

        return value.Length > 0;
    }

    public void OneOf(string path, string value, params ReadOnlySpan<string> known)
    {
        if (Required(path, value) && !known.Contains(value))
        {
            Add(path, $"\"{value}\" is none of {string.Join(", ", known!)}{NameSuggestion.Hint(value, known.ToArray())}");
        }
    }

    public void DnsLabel(string path, string value)
    {
        if (Required(path, value) && !NameSyntax.IsDnsLabel(value))
        {
            Add(path, $"\"{value}\" must be 1 to 63 lower-case letters, digits or '-', and begin and end with a letter or digit");
        }
    }

    public void DnsSubdomain(string path, string value)
    {
        if (Required(path, value) && !NameSyntax.IsDnsSubdomain(value))
        {
            Add(path, $"\"{value}\" must be at most 253 lower-case letters, digits, '-' or '.', and each part begin and end with a letter or digit");
        }
    }

    public void Port(string path, long port)
    {
        if (port is < 1 or > 65535)
        {
            Add(path, $"{port} is no port: 1 to 65535");
        }
    }

    public void AtLeast(string path, long value, long least)
    {
        if (value < least)
        {
            Add(path, $"{value} must be at least {least}");
        }
    }

    public void LabelKey(string path, string key)
    {
        if (LabelSyntax.CheckKey(key) is { } error)
        {
            Add(path, $"\"{key}\" {error}");
        }
    }

    public void LabelValue(string path, string value)
    {
        if (LabelSyntax.CheckValue(value) is { } error)
        {
            Add(path, $"\"{value}\" {error}");
        }
    }

    /// <summary>A relative path that stays below where it starts.</summary>
    public void DescendingPath(string path, string value)
    {
        if (value.StartsWith('/'))
        {
            Add(path, $"\"{value}\" must be a relative path");
        }
        else if (value.Split('/').Contains(".."))
        {
            Add(path, $"\"{value}\" must not contain '..'");
        }
    }
}
