namespace NodeAgent.KubeApi.Client;

/// <summary>What one API server serves.</summary>
/// <param name="ServerVersion">As the server's /version says it, such as <c>v1.20.2</c>.</param>
/// <param name="Resources">Pairs of <c>group/version</c> (or <c>v1</c>) and plural resource name.</param>
public sealed record Discovery(string ServerVersion, IReadOnlySet<(string GroupVersion, string Plural)> Resources)
{
    public bool Serves(ResourceType type) => Resources.Contains((type.ApiVersion, type.Plural));
}
