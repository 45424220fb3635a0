namespace NodeAgent.Kubelet.Images.Credentials;

/// <summary>What a plugin answered.</summary>
/// <param name="CacheKeyType">For what it holds: Image, Registry or Global.</param>
/// <param name="CacheDuration">Null when the plugin leaves that to its configuration.</param>
/// <param name="Logins">By the images that they are for, in the form of pull secrets.</param>
internal sealed record CredentialResponse(string CacheKeyType, TimeSpan? CacheDuration, IReadOnlyList<KeyValuePair<string, Cri.AuthConfig>> Logins)
{
    public const string ByImage = "Image";
    public const string ByRegistry = "Registry";
    public const string Global = "Global";
}
