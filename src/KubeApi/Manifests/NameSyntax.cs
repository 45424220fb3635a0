using System.Text.RegularExpressions;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>The syntax of names in the API.</summary>
public static partial class NameSyntax
{
    public static bool IsDnsLabel(string name) => name.Length <= 63 && Label().IsMatch(name);

    public static bool IsDnsSubdomain(string name) => name.Length <= 253 && Subdomain().IsMatch(name);

    /// <summary>At most 15 characters with at least one letter, and no two dashes in a row.</summary>
    public static bool IsPortName(string name) =>
        name.Length is > 0 and <= 15 && Label().IsMatch(name) && name.Any(char.IsAsciiLetterLower) && !name.Contains("--", StringComparison.Ordinal);

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?\z")]
    private static partial Regex Label();

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Subdomain();
}
