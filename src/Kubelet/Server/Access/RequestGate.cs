using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace NodeAgent.Kubelet.Server.Access;

/// <summary>
/// Who sends a request is told by its client certificate, else by its bearer token; whether it is served, by the API server's
/// rights on this node.
/// </summary>
internal sealed class RequestGate(RequestGateOptions options, IAccessReviews reviews, string nodeName, TimeProvider time) : IRequestGate
{
    private const int CacheCapacity = 2048;
    private const string Bearer = "Bearer ";

    private readonly ExpiringCache<string, KubeUser?> _tokens = new(CacheCapacity, time);
    private readonly ExpiringCache<string, AccessAnswer> _answers = new(CacheCapacity, time);

    public async ValueTask<GateDecision> DecideAsync(HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            var user = await AuthenticateAsync(context, cancellationToken);
            return user is null ? GateDecision.Unauthorized
                : options.AlwaysAllow ? GateDecision.Allow
                : await AuthorizeAsync(user, NodeAccess.Of(context.Request.Method, context.Request.Path.Value ?? "/"), cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return GateDecision.Failed($"Authorization error: asking the API server about the request: {e.Message}");
        }
    }

    private async Task<KubeUser?> AuthenticateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        if (options.ClientAuthorities is { } authorities && context.Connection.ClientCertificate is { } certificate
            && ClientCertificates.UserOf(certificate, authorities(), time.GetUtcNow()) is { } named)
        {
            return named;
        }

        var header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && header[Bearer.Length..].Trim() is { Length: > 0 } token)
        {
            // A token that is not known is refused even where anonymous requests are served.
            return options.TokenReview ? await ReviewAsync(token, cancellationToken) : null;
        }

        return options.Anonymous ? KubeUser.Anonymous : null;
    }

    private async Task<KubeUser?> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        // The hash, so that no tokens are kept in memory.
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (!_tokens.TryGet(key, out var user))
        {
            user = await reviews.ReviewTokenAsync(token, cancellationToken);
            _tokens.Set(key, user, options.TokenCacheTtl);
        }

        return user;
    }

    private async Task<GateDecision> AuthorizeAsync(KubeUser user, IReadOnlyList<NodeAccess> anyOf, CancellationToken cancellationToken)
    {
        var reason = "";
        foreach (var access in anyOf)
        {
            var answer = await AskAsync(user, access, cancellationToken);
            if (answer.Allowed)
            {
                return GateDecision.Allow;
            }

            reason = answer.Reason;
        }

        var needed = anyOf[^1];
        return GateDecision.Forbidden(
            $"Forbidden (user={user.Name}, verb={needed.Verb}, resource=nodes, subresource(s)=[{string.Join(' ', anyOf.Select(a => a.Subresource))}], node={nodeName}){(reason.Length > 0 ? ": " + reason : "")}");
    }

    private async Task<AccessAnswer> AskAsync(KubeUser user, NodeAccess access, CancellationToken cancellationToken)
    {
        var key = string.Join('\n', [user.Name, user.Uid, access.Verb, access.Subresource, .. user.Groups, .. user.Extra.SelectMany(e => e.Value.Prepend(e.Key))]);
        if (!_answers.TryGet(key, out var answer))
        {
            answer = await reviews.ReviewAccessAsync(user, access, cancellationToken);
            _answers.Set(key, answer, answer.Allowed ? options.AllowedTtl : options.DeniedTtl);
        }

        return answer;
    }
}
