using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Client;

namespace NodeAgent.Hosting.Server;

/// <summary>Knows users by bearer tokens, which the API server looks at (TokenReview). Answers are remembered, tokens are not.</summary>
public sealed class TokenReviewAuthenticator(IKubeClient client, TimeSpan ttl, TimeProvider time, DelegationMetrics? metrics = null) : IAuthenticator
{
    private const string Scheme = "Bearer ";
    private const int Remembered = 4096;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly ExpiringCache<string, UserInfo?> _known = new(Remembered, time);

    public async ValueTask<UserInfo?> AuthenticateAsync(HttpContext request, CancellationToken cancellationToken)
    {
        var header = request.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || header.AsSpan(Scheme.Length).Trim().IsEmpty)
        {
            return null;
        }

        var token = header[Scheme.Length..].Trim();
        var key = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (!_known.TryGet(key, out var user))
        {
            user = await ReviewAsync(token, cancellationToken);
            _known.Set(key, user, ttl);
        }

        return user ?? throw new AuthenticationFailedException("the API server does not accept the bearer token");
    }

    private Task<TokenReview> AskAsync(TokenReview review, CancellationToken cancellationToken)
    {
        return metrics is null ? Ask() : metrics.CountAsync(Ask);

        Task<TokenReview> Ask() => client.CreateAsync(Resources.TokenReviews, review, cancellationToken);
    }

    private async Task<UserInfo?> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(Timeout);
        try
        {
            var review = new TokenReview { Spec = new TokenReviewSpec { Token = token } };
            var status = (await AskAsync(review, timeout.Token)).Status;
            return status is { Authenticated: true, User: { } user }
                ? new UserInfo(user.Username, user.Uid, [.. user.Groups], user.Extra.ToDictionary(e => e.Key, e => (IReadOnlyList<string>)[.. e.Value.Items]))
                : null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Not remembered: the next request asks again.
            throw new AuthenticationFailedException($"the API server could not be asked about a bearer token: {e.Message}", e);
        }
    }
}
