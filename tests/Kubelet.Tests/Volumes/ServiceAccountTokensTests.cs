using NodeAgent.KubeApi.Authentication.V1;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Volumes;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Volumes;

public sealed class ServiceAccountTokensTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeObjects _objects = new();
    private readonly ServiceAccountTokens _tokens;
    private readonly Pod _pod = new() { Metadata = new ObjectMeta { Name = "a", Namespace = "default", Uid = "u1" }, Spec = new PodSpec { ServiceAccountName = "builder" } };
    private int _asked;

    public ServiceAccountTokensTests()
    {
        _tokens = new ServiceAccountTokens(_objects, _clock);
        _objects.OnToken = request => new TokenRequestStatus { Token = $"token {++_asked}", ExpirationTimestamp = Time.From(_clock.GetUtcNow().AddSeconds(request.Spec.ExpirationSeconds)) };
    }

    [Theory]
    [InlineData(600, 479, 481)]
    [InlineData(200_000, 86_399, 86_401)]
    public async Task Token_IsRenewed_AtFourFifthsOfItsLife_OrAfterADay(int life, int kept, int renewed)
    {
        Assert.Equal("token 1", await GetAsync(life));
        _clock.Advance(TimeSpan.FromSeconds(kept));
        Assert.Equal("token 1", await GetAsync(life));
        _clock.Advance(TimeSpan.FromSeconds(renewed - kept));
        Assert.Equal("token 2", await GetAsync(life));
        Assert.Equal(_clock.GetUtcNow() + TimeSpan.FromSeconds(Math.Min(life * 0.8, 86_400)), _tokens.RenewAt(_pod.Uid()));
    }

    [Fact]
    public async Task Token_ThatCannotBeRenewed_IsUsedToItsEnd_AndNotBeyond()
    {
        await GetAsync(600);
        _objects.OnToken = _ => throw new InvalidOperationException("the API server is away");
        _clock.Advance(TimeSpan.FromSeconds(599));
        Assert.Equal("token 1", await GetAsync(600));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("failed to fetch token: the API server is away", (await Assert.ThrowsAsync<VolumeException>(() => GetAsync(600))).Message);
    }

    [Fact]
    public async Task Token_OfAnotherAudience_OrAfterForgetting_IsAskedFor()
    {
        await GetAsync(600);
        await GetAsync(600, "vault");
        Assert.Equal(2, _asked);
        _tokens.Forget(_pod.Uid());
        Assert.Null(_tokens.RenewAt(_pod.Uid()));
        Assert.Equal("token 3", await GetAsync(600));
    }

    private Task<string> GetAsync(int seconds, string audience = "") =>
        _tokens.GetAsync(_pod, new ServiceAccountTokenProjection { Audience = audience, ExpirationSeconds = seconds }, CancellationToken.None);
}
