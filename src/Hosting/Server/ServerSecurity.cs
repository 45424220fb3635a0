using Microsoft.AspNetCore.Http;

namespace NodeAgent.Hosting.Server;

/// <summary>Who may use a server, and for what.</summary>
/// <param name="Authenticators">Asked in this order; the first that knows the user decides.</param>
public sealed record ServerSecurity(IReadOnlyList<IAuthenticator> Authenticators, IAuthorizer Authorizer)
{
    /// <summary>Requests without credentials are those of system:anonymous; else they are refused with 401.</summary>
    public bool AllowAnonymous { get; init; } = true;

    /// <summary>Paths that need no authorization; one that ends in <c>*</c> stands for all that begin so.</summary>
    public IReadOnlyList<string> AlwaysAllowPaths { get; init; } = ["/healthz", "/readyz", "/livez"];

    /// <summary>Members need no authorization, as upstream's component servers have it for system:masters.</summary>
    public IReadOnlyList<string> AlwaysAllowGroups { get; init; } = [];

    /// <summary>What a request wants to do. Of several possibilities one that is allowed is enough. By default: the path, with the method as verb.</summary>
    public Func<HttpContext, UserInfo, IReadOnlyList<AuthorizationAttributes>> Attributes { get; init; } = PathAttributes;

    public static IReadOnlyList<AuthorizationAttributes> PathAttributes(HttpContext request, UserInfo user) =>
        [new AuthorizationAttributes(user, request.Request.Method.ToLowerInvariant()) { Path = request.Request.Path }];

    internal bool NeedsNoAuthorization(string path, UserInfo user) =>
        AlwaysAllowPaths.Any(p => p.EndsWith('*') ? path.StartsWith(p[..^1], StringComparison.Ordinal) : path == p)
        || AlwaysAllowGroups.Any(user.Groups.Contains);
}
