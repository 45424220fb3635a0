using System.Text.RegularExpressions;

namespace NodeAgent.KubeApi.Selectors;

/// <summary>The syntax of label keys and values.</summary>
public static partial class LabelSyntax
{
    private const int MaxNameLength = 63;
    private const int MaxPrefixLength = 253;

    /// <returns>What is wrong with the key, to be put after it; null when nothing is.</returns>
    public static string? CheckKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var name = slash < 0 ? key : key[(slash + 1)..];
        if (slash >= 0 && (slash is 0 or > MaxPrefixLength || !Subdomain().IsMatch(key[..slash])))
        {
            return "has a prefix that is no DNS subdomain, such as example.com";
        }

        return name.Length is 0 or > MaxNameLength || !Name().IsMatch(name)
            ? $"must be 1 to {MaxNameLength} letters, digits, '-', '_' or '.', begin and end with a letter or digit, and may have a DNS subdomain and '/' before it"
            : null;
    }

    /// <returns>What is wrong with the value, to be put after it; null when nothing is.</returns>
    public static string? CheckValue(string value) =>
        value.Length == 0 || (value.Length <= MaxNameLength && Name().IsMatch(value))
            ? null
            : $"must be empty, or at most {MaxNameLength} letters, digits, '-', '_' or '.' that begin and end with a letter or digit";

    [GeneratedRegex(@"\A[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();
}
