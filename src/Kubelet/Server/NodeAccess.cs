using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Server;

namespace NodeAgent.Kubelet.Server;

/// <summary>A right on this node's object: <c>verb</c> on <c>nodes/subresource</c>.</summary>
internal readonly record struct NodeAccess(string Verb, string Subresource)
{
    private static readonly (string Path, string Subresource)[] Own =
    [
        ("/stats", "stats"), ("/metrics", "metrics"), ("/logs", "log"), ("/checkpoint", "checkpoint"), ("/statusz", "statusz"), ("/flagz", "configz"),
    ];

    // For these the narrow right is enough, and so is nodes/proxy.
    private static readonly (string Path, string Subresource)[] BesideProxy =
    [
        ("/pods", "pods"), ("/runningpods", "pods"), ("/healthz", "healthz"), ("/configz", "configz"),
    ];

    /// <summary>For <see cref="ServerSecurity.Attributes"/> of the kubelet's server.</summary>
    public static Func<HttpContext, UserInfo, IReadOnlyList<AuthorizationAttributes>> AttributesFor(string nodeName) => (context, user) =>
    [
        .. Of(context.Request.Method, context.Request.Path.Value ?? "/").Select(access => new AuthorizationAttributes(user, access.Verb)
        {
            Version = "v1",
            Resource = "nodes",
            Subresource = access.Subresource,
            Name = nodeName,
            Path = context.Request.Path.Value ?? "/",
        }),
    ];

    /// <summary>The rights of which a request needs any one, the narrowest first.</summary>
    public static IReadOnlyList<NodeAccess> Of(string method, string path)
    {
        var verb = method switch
        {
            "POST" => "create",
            "GET" => "get",
            "PUT" => "update",
            "PATCH" => "patch",
            "DELETE" => "delete",
            _ => "",
        };
        foreach (var (prefix, subresource) in Own)
        {
            if (IsBelow(path, prefix))
            {
                return [new NodeAccess(verb, subresource)];
            }
        }

        foreach (var (prefix, subresource) in BesideProxy)
        {
            if (IsBelow(path, prefix))
            {
                return [new NodeAccess(verb, subresource), new NodeAccess(verb, "proxy")];
            }
        }

        return [new NodeAccess(verb, "proxy")];
    }

    private static bool IsBelow(string path, string prefix) =>
        path.StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/');
}
