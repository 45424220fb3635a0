using System.Text;
using Microsoft.AspNetCore.Http;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Hosting.Server;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Authorization.V1;
using NodeAgent.KubeApi.Client;
using NodeAgent.Testing;
using NSubstitute;
using UserInfo = NodeAgent.Hosting.Server.UserInfo;

namespace NodeAgent.Hosting.Tests.Server;

public class DelegationTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly IKubeClient _client = Substitute.For<IKubeClient>();
    private readonly List<string> _tokens = [];
    private readonly List<SubjectAccessReviewSpec> _reviews = [];
    private Func<string, TokenReviewStatus> _token = _ => new TokenReviewStatus { Authenticated = true, User = new KubeApi.Authentication.V1.UserInfo { Username = "system:serviceaccount:default:prom", Groups = { "system:authenticated" } } };
    private bool _allowed = true;

    public DelegationTests()
    {
        _client.CreateAsync(Resources.TokenReviews, Arg.Any<TokenReview>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            var token = call.Arg<TokenReview>().Spec.Token;
            _tokens.Add(token);
            return Task.FromResult(new TokenReview { Status = _token(token) });
        });
        _client.CreateAsync(Resources.SubjectAccessReviews, Arg.Any<SubjectAccessReview>(), Arg.Any<CancellationToken>()).Returns(call =>
        {
            _reviews.Add(call.Arg<SubjectAccessReview>().Spec);
            return Task.FromResult(new SubjectAccessReview { Status = new SubjectAccessReviewStatus { Allowed = _allowed } });
        });
    }

    private static DefaultHttpContext With(string? authorization)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Authorization = authorization;
        return context;
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Basic abc")]
    [InlineData("Bearer ")]
    public async Task AuthenticateAsync_NoToken_AsksNobody(string? header)
    {
        var authenticator = new TokenReviewAuthenticator(_client, TimeSpan.FromMinutes(2), _clock);
        Assert.Null(await authenticator.AuthenticateAsync(With(header), CancellationToken.None));
        Assert.Empty(_tokens);
    }

    [Fact]
    public async Task AuthenticateAsync_SameToken_IsReviewedOncePerTtl()
    {
        var authenticator = new TokenReviewAuthenticator(_client, TimeSpan.FromMinutes(2), _clock);
        Assert.Equal("system:serviceaccount:default:prom", (await authenticator.AuthenticateAsync(With("Bearer t1"), CancellationToken.None))?.Name);
        _clock.Advance(TimeSpan.FromSeconds(119));
        await authenticator.AuthenticateAsync(With("bearer t1"), CancellationToken.None);
        await authenticator.AuthenticateAsync(With("Bearer t2"), CancellationToken.None);
        Assert.Equal(["t1", "t2"], _tokens);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await authenticator.AuthenticateAsync(With("Bearer t1"), CancellationToken.None);
        Assert.Equal(["t1", "t2", "t1"], _tokens);
    }

    [Fact]
    public async Task AuthenticateAsync_RefusedToken_IsRememberedButAFailureIsNot()
    {
        var authenticator = new TokenReviewAuthenticator(_client, TimeSpan.FromMinutes(2), _clock);
        _token = _ => new TokenReviewStatus { Authenticated = false };
        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<AuthenticationFailedException>(() => authenticator.AuthenticateAsync(With("Bearer bad"), CancellationToken.None).AsTask());
        }

        Assert.Single(_tokens);
        _token = _ => throw new IOException("down");
        for (var i = 0; i < 2; i++)
        {
            await Assert.ThrowsAsync<AuthenticationFailedException>(() => authenticator.AuthenticateAsync(With("Bearer other"), CancellationToken.None).AsTask());
        }

        Assert.Equal(3, _tokens.Count);
    }

    [Fact]
    public async Task Questions_AreCountedByTheirAnswer_WhatIsRememberedIsNone()
    {
        var registry = new MetricsRegistry();
        var authenticator = new TokenReviewAuthenticator(_client, TimeSpan.FromMinutes(2), _clock, DelegationMetrics.OfAuthentication(registry, _clock));
        var authorizer = new SubjectAccessReviewAuthorizer(_client, DelegationTtls.Kubelet, _clock, DelegationMetrics.OfAuthorization(registry, _clock));
        await authenticator.AuthenticateAsync(With("Bearer t1"), CancellationToken.None);
        await authenticator.AuthenticateAsync(With("Bearer t1"), CancellationToken.None);
        await authorizer.AuthorizeAsync(new AuthorizationAttributes(new UserInfo("alice", []), "get") { Path = "/metrics" }, CancellationToken.None);
        _token = _ => throw new IOException("down");
        await Assert.ThrowsAsync<AuthenticationFailedException>(() => authenticator.AuthenticateAsync(With("Bearer other"), CancellationToken.None).AsTask());

        var page = Encoding.UTF8.GetString(registry.Expose().Span);

        Assert.Contains("apiserver_delegated_authn_request_total{code=\"201\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("apiserver_delegated_authn_request_total{code=\"<error>\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("apiserver_delegated_authz_request_duration_seconds_count{code=\"201\"} 1\n", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, 299, 2)]
    [InlineData(false, 29, 2)]
    public async Task AuthorizeAsync_SameQuestion_IsAskedOncePerTtl(bool allowed, int secondsRemembered, int secondsMore)
    {
        _allowed = allowed;
        var authorizer = new SubjectAccessReviewAuthorizer(_client, DelegationTtls.Kubelet, _clock);
        var attributes = new AuthorizationAttributes(new UserInfo("alice", ["a", "b"]), "get") { Resource = "nodes", Subresource = "proxy", Name = "node-1" };
        Assert.Equal(allowed, (await authorizer.AuthorizeAsync(attributes, CancellationToken.None)).Allowed);
        _clock.Advance(TimeSpan.FromSeconds(secondsRemembered));
        // Another list of the same groups is the same question; another verb is another.
        await authorizer.AuthorizeAsync(attributes with { User = new UserInfo("alice", ["a", "b"]) }, CancellationToken.None);
        Assert.Single(_reviews);
        await authorizer.AuthorizeAsync(attributes with { Verb = "create" }, CancellationToken.None);
        Assert.Equal(2, _reviews.Count);
        _clock.Advance(TimeSpan.FromSeconds(secondsMore));
        await authorizer.AuthorizeAsync(attributes, CancellationToken.None);
        Assert.Equal(3, _reviews.Count);
    }

    [Fact]
    public async Task AuthorizeAsync_GroupsThatJoinAlike_AreNotTheSameQuestion()
    {
        var authorizer = new SubjectAccessReviewAuthorizer(_client, DelegationTtls.Kubelet, _clock);
        await authorizer.AuthorizeAsync(new AuthorizationAttributes(new UserInfo("a", ["x", "y"]), "get") { Path = "/p" }, CancellationToken.None);
        await authorizer.AuthorizeAsync(new AuthorizationAttributes(new UserInfo("a", ["x,y"]), "get") { Path = "/p" }, CancellationToken.None);
        Assert.Equal(2, _reviews.Count);
    }

    [Fact]
    public void Spec_ResourceAndPath_AreTheirOwnKinds()
    {
        var user = new UserInfo("alice", "u1", ["g"], new Dictionary<string, IReadOnlyList<string>> { ["scopes"] = ["s"] });
        var resource = SubjectAccessReviewAuthorizer.Spec(new AuthorizationAttributes(user, "get") { Version = "v1", Resource = "nodes", Subresource = "metrics", Name = "n" });
        Assert.Null(resource.NonResourceAttributes);
        Assert.Equal("metrics", resource.ResourceAttributes.Subresource);
        Assert.Equal("u1", resource.Uid);
        Assert.Equal("s", Assert.Single(resource.Extra["scopes"].Items));
        var path = SubjectAccessReviewAuthorizer.Spec(new AuthorizationAttributes(user, "get") { Path = "/metrics" });
        Assert.Null(path.ResourceAttributes);
        Assert.Equal("/metrics", path.NonResourceAttributes.Path);
    }

    [Fact]
    public void ExpiringCache_Full_LetsGoWhatEndsFirst()
    {
        var cache = new ExpiringCache<int, int>(8, _clock);
        for (var i = 0; i < 20; i++)
        {
            cache.Set(i, i, TimeSpan.FromSeconds(100 + i));
        }

        Assert.InRange(cache.Count, 1, 8);
        Assert.True(cache.TryGet(19, out _));
        Assert.False(cache.TryGet(0, out _));
    }
}
