namespace NodeAgent.Kubelet.Images.Verification;

/// <summary>
/// Which images that are on the host a pod may use only with a login that the registry has accepted: the fields
/// imagePullCredentialsVerificationPolicy and preloadedImagesVerificationAllowlist.
/// </summary>
internal sealed class VerificationPolicy
{
    public const string Never = "NeverVerify";
    public const string NotPreloaded = "NeverVerifyPreloadedImages";
    public const string NotAllowlisted = "NeverVerifyAllowlistedImages";
    public const string Always = "AlwaysVerify";

    private readonly string _policy;
    private readonly HashSet<string> _names;
    private readonly string[] _prefixes;

    /// <param name="policy">One of the constants.</param>
    /// <param name="allowlist">Names without tag and digest; one that ends in <c>/*</c> stands for all that begin so.</param>
    public VerificationPolicy(string policy, IReadOnlyCollection<string> allowlist)
    {
        _policy = policy;
        _names = [.. allowlist.Where(a => !a.EndsWith("/*", StringComparison.Ordinal))];
        _prefixes = [.. allowlist.Where(a => a.EndsWith("/*", StringComparison.Ordinal)).Select(a => a[..^1])];
    }

    /// <param name="image">As the pod names it.</param>
    /// <param name="pulledByKubelet">It was, or is being, pulled by a kubelet on this host, not put there by somebody else.</param>
    public bool MustVerify(string image, bool pulledByKubelet) => _policy switch
    {
        Never => false,
        NotPreloaded => pulledByKubelet,
        NotAllowlisted => !IsAllowed(ImageReference.WithoutTag(image)),
        _ => true,
    };

    /// <summary>What is wrong with the two fields.</summary>
    public static IEnumerable<string> Check(string policy, IReadOnlyCollection<string> allowlist)
    {
        if (policy is not (Never or NotPreloaded or NotAllowlisted or Always))
        {
            yield return $"imagePullCredentialsVerificationPolicy: \"{policy}\" is none of \"{Never}\", \"{NotPreloaded}\", \"{NotAllowlisted}\", \"{Always}\"";
        }

        if (allowlist.Count > 0 && policy != NotAllowlisted)
        {
            yield return $"preloadedImagesVerificationAllowlist: goes with imagePullCredentialsVerificationPolicy \"{NotAllowlisted}\" only";
        }

        foreach (var pattern in allowlist)
        {
            if (WrongWith(pattern) is { } wrong)
            {
                yield return $"preloadedImagesVerificationAllowlist: \"{pattern}\": {wrong}";
            }
        }
    }

    private static string? WrongWith(string pattern)
    {
        if (pattern != pattern.Trim())
        {
            return "has spaces around it";
        }

        var isPrefix = pattern.EndsWith("/*", StringComparison.Ordinal);
        var name = isPrefix ? pattern[..^2] : pattern;
        return name switch
        {
            "" => "is too short: at least a registry's host is needed",
            _ when name.Contains('*', StringComparison.Ordinal) => "has a * that is not its end: only /* at the end stands for more",
            _ when isPrefix => null,
            _ when ImageReference.Parse(name) is null => "is no name of an image",
            _ when ImageReference.WithoutTag(name) != name => "must have no tag and no digest",
            _ => null,
        };
    }

    private bool IsAllowed(string name) => _names.Contains(name) || _prefixes.Any(p => name.StartsWith(p, StringComparison.Ordinal));
}
