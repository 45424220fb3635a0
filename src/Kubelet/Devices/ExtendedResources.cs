using System.Text.RegularExpressions;

namespace NodeAgent.Kubelet.Devices;

/// <summary>Names of resources that Kubernetes itself does not know.</summary>
internal static partial class ExtendedResources
{
    private const int LongestPrefix = 253;
    private const int LongestName = 63;

    /// <summary>Whether it is a name of the form domain/name outside of kubernetes.io.</summary>
    public static bool IsName(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || name.Contains("kubernetes.io/", StringComparison.Ordinal) || name.StartsWith("requests.", StringComparison.Ordinal))
        {
            return false;
        }

        // A quota on it is named requests.domain/name, which has to be a qualified name, too.
        var (prefix, rest) = ("requests." + name[..slash], name[(slash + 1)..]);
        return prefix.Length <= LongestPrefix && Prefix.IsMatch(prefix) && rest.Length <= LongestName && Name.IsMatch(rest);
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Prefix { get; }

    [GeneratedRegex(@"\A([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z")]
    private static partial Regex Name { get; }
}
