using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Images.Credentials;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Images.Credentials;

public class PluginLoginsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeObjects _objects = new();
    private readonly List<CredentialRequest> _asked = [];

    [Theory]
    [InlineData("Image", 3)]
    [InlineData("Registry", 2)]
    [InlineData("Global", 1)]
    public async Task For_AnAnswer_IsKeptForWhatItSays(string cacheKeyType, int expected)
    {
        var logins = Logins(Provider(), cacheKeyType);

        foreach (var image in (string[])["a.example/one", "a.example/one:v2", "a.example/two", "b.example/one"])
        {
            Assert.Equal("u", Assert.Single(await AskAsync(logins, image)).Value.Username);
        }

        Assert.Equal(expected, _asked.Count);
        Assert.Equal("a.example/one", _asked[0].Image);
    }

    [Fact]
    public async Task For_AnAnswerThatHasEnded_AsksAgain()
    {
        var logins = Logins(Provider(), "Registry", TimeSpan.FromMinutes(5));
        await AskAsync(logins, "a.example/one");
        _time.Advance(TimeSpan.FromMinutes(4));
        await AskAsync(logins, "a.example/one");
        Assert.Single(_asked);

        _time.Advance(TimeSpan.FromMinutes(2));
        await AskAsync(logins, "a.example/one");

        Assert.Equal(2, _asked.Count);
    }

    [Fact]
    public async Task For_AnAnswerOfNoDuration_KeepsItAsConfigured_AndOneOfZeroNotAtAll()
    {
        var configured = Logins(Provider(), "Registry", null);
        await AskAsync(configured, "a.example/one");
        await AskAsync(configured, "a.example/one");
        Assert.Single(_asked);

        var never = Logins(Provider(), "Registry", TimeSpan.Zero);
        await AskAsync(never, "a.example/one");
        await AskAsync(never, "a.example/one");
        Assert.Equal(3, _asked.Count);
    }

    [Theory]
    [InlineData("a.example/team/app", true)]
    [InlineData("a.example/other", false)]
    [InlineData("a.example:5000/team/app", false)]
    [InlineData("b.a.example/team/app", false)]
    [InlineData("x.b.example:8443/app", true)]
    [InlineData("b.example:8443/app", false)]
    public async Task For_AnImageThatDoesNotMatch_AsksNothing(string image, bool expected)
    {
        var provider = Provider();
        provider.MatchImages = ["a.example/team", "*.b.example:8443"];

        await AskAsync(Logins(provider, "Image"), image);

        Assert.Equal(expected ? 1 : 0, _asked.Count);
    }

    [Fact]
    public async Task For_TheSameAtTheSameTime_AsksOnce()
    {
        var answer = new TaskCompletionSource<CredentialResponse>();
        var logins = new PluginLogins(Provider(), (request, _) =>
        {
            _asked.Add(request);
            return answer.Task;
        }, _objects, _time);

        var both = Task.WhenAll(AskAsync(logins, "a.example/one"), AskAsync(logins, "a.example/one"));
        answer.SetResult(Answer("Image", null));

        Assert.All(await both, l => Assert.Single(l));
        Assert.Single(_asked);
    }

    [Fact]
    public async Task For_AServiceAccount_SendsItsTokenAndAnnotations_AndKeepsTheAnswerForIt()
    {
        Account("robot", ("need", "1"), ("may", "2"), ("other", "3"));
        Account("second", ("need", "1"));
        var logins = Logins(ProviderWithToken(), "Registry");

        await AskAsync(logins, "a.example/one", "robot");
        await AskAsync(logins, "a.example/two", "robot");
        await AskAsync(logins, "a.example/one", "second");

        Assert.Equal(["token of robot", "token of second"], _asked.Select(r => r.Token));
        Assert.Equal([KeyValuePair.Create("may", "2"), KeyValuePair.Create("need", "1")], _asked[0].Annotations);
    }

    [Fact]
    public async Task For_AServiceAccountWithoutARequiredAnnotation_AsksNothing()
    {
        Account("plain");
        var logins = Logins(ProviderWithToken(), "Registry");

        Assert.Empty(await AskAsync(logins, "a.example/one", "plain"));
        Assert.Empty(await AskAsync(logins, "a.example/one"));
        Assert.Empty(_asked);
        await Assert.ThrowsAsync<CredentialProviderException>(() => AskAsync(logins, "a.example/one", "absent"));
    }

    [Fact]
    public async Task For_APodWithoutServiceAccount_WhenNoneIsRequired_AsksWithoutToken()
    {
        var provider = ProviderWithToken();
        provider.TokenAttributes!.RequireServiceAccount = false;
        provider.TokenAttributes.RequiredServiceAccountAnnotationKeys = [];

        Assert.Single(await AskAsync(Logins(provider, "Registry"), "a.example/one"));
        Assert.Equal("", Assert.Single(_asked).Token);
    }

    [Theory]
    [InlineData("ServiceAccount", false)]
    [InlineData("Token", true)]
    public async Task For_APluginThatGivesTheTokenBack_IsFineForThisTokenOnly(string cacheType, bool expected)
    {
        Account("robot", ("need", "1"));
        var provider = ProviderWithToken();
        provider.TokenAttributes!.CacheType = cacheType;
        var logins = new PluginLogins(provider, (request, _) => Task.FromResult(Answer("Registry", null, request.Token)), _objects, _time);

        if (expected)
        {
            Assert.Equal("token of robot", Assert.Single(await AskAsync(logins, "a.example/one", "robot")).Value.Password);
        }
        else
        {
            await Assert.ThrowsAsync<CredentialProviderException>(() => AskAsync(logins, "a.example/one", "robot"));
        }
    }

    private static CredentialProvider Provider() => new() { Name = "test", MatchImages = ["*.example"], DefaultCacheDuration = TimeSpan.FromHours(1) };

    private static CredentialProvider ProviderWithToken()
    {
        var provider = Provider();
        provider.TokenAttributes = new CredentialProviderToken
        {
            ServiceAccountTokenAudience = "registry",
            CacheType = "ServiceAccount",
            RequireServiceAccount = true,
            RequiredServiceAccountAnnotationKeys = ["need"],
            OptionalServiceAccountAnnotationKeys = ["may"],
        };
        return provider;
    }

    private static CredentialResponse Answer(string cacheKeyType, TimeSpan? duration, string password = "p") =>
        new(cacheKeyType, duration, [KeyValuePair.Create("*.example", new ContainerRuntime.V1.AuthConfig { Username = "u", Password = password })]);

    private static async Task<IReadOnlyList<KeyValuePair<string, ContainerRuntime.V1.AuthConfig>>> AskAsync(PluginLogins logins, string image, string account = "") =>
        (await logins.ForAsync(new PodBuilder().With(p => p.Spec.ServiceAccountName = account).Build(), ImageReference.Parse(image)!, CancellationToken.None)).Logins;

    private PluginLogins Logins(CredentialProvider provider, string cacheKeyType) => Logins(provider, cacheKeyType, TimeSpan.FromMinutes(5));

    private PluginLogins Logins(CredentialProvider provider, string cacheKeyType, TimeSpan? duration) => new(
        provider,
        (request, _) =>
        {
            _asked.Add(request);
            return Task.FromResult(Answer(cacheKeyType, duration));
        },
        _objects,
        _time);

    private void Account(string name, params (string Key, string Value)[] annotations)
    {
        var account = new ServiceAccount { Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = "uid-" + name } };
        foreach (var (key, value) in annotations)
        {
            account.Metadata.Annotations[key] = value;
        }

        _objects.Others.Add(account);
    }
}
