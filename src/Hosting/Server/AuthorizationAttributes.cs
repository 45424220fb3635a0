namespace NodeAgent.Hosting.Server;

/// <summary>What a user wants to do: to a resource, or, when <see cref="Resource"/> is empty, to a path.</summary>
public sealed record AuthorizationAttributes(UserInfo User, string Verb)
{
    /// <summary>Of a request that is not about a resource.</summary>
    public string Path { get; init; } = "";

    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Name { get; init; } = "";
}
