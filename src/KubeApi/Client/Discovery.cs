namespace NodeAgent.KubeApi.Client;

/// <summary>What one API server serves.</summary>
/// <param name="ServerVersion">As the server's /version says it, such as <c>v1.20.2</c>.</param>
/// <param name="Resources">Pairs of <c>group/version</c> (or <c>v1</c>) and plural resource name; subresources as <c>pods/status</c>.</param>
public sealed record Discovery(string ServerVersion, IReadOnlySet<(string GroupVersion, string Plural)> Resources)
{
    /// <summary>The minor release: 36 for v1.36.2, 0 when the version cannot be read.</summary>
    public int Minor =>
        ServerVersion.Split('.') is [_, var minor, ..] && int.TryParse(minor, out var number) ? number : 0;

    /// <summary>Whether lists can be streamed by a watch (sendInitialEvents). Servers before 1.34 ignore or refuse it, or have had it off.</summary>
    public bool HasWatchList => Minor >= 34;

    public bool Serves(ResourceType type) => Resources.Contains((type.ApiVersion, type.Plural));
}
