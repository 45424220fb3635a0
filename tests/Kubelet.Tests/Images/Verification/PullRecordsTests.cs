using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Images.Verification;

public sealed class PullRecordsTests : IDisposable
{
    private const string Name = "r.example/app:1";
    private const string Ref = "sha256:app";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("na-records-");
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Check_OfAnImageThatNobodyPulled_FollowsThePolicy()
    {
        Assert.Equal(PullCheck.PolicyAllows, await CheckAsync(Records()));
        Assert.Equal(PullCheck.MustPull, await CheckAsync(Records(VerificationPolicy.Always), Login("a")));
    }

    [Fact]
    public async Task Check_AfterAPullWithoutLogin_LetsEveryPodIn()
    {
        var records = Records();
        Pull(records, PullCredentials.OfEveryPod);

        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records));
    }

    [Fact]
    public async Task Check_AfterAPullWithASecret_LetsItsUsersIn_AlsoAfterARestart()
    {
        Pull(Records(), Login("a").Credentials);
        var restarted = Records();

        Assert.Equal(PullCheck.RecordFound, await CheckAsync(restarted, Login("a")));
        Assert.Equal(PullCheck.MustPull, await CheckAsync(restarted));
        Assert.Equal(PullCheck.MustPull, await CheckAsync(restarted, Login("b")));
        Assert.Equal(PullCheck.MustPull, await restarted.CheckAsync("r.example/other:1", Ref, () => Task.FromResult<IReadOnlyList<ImageLogin>>([Login("a")])));
        Assert.Equal(PullCheck.RecordFound, await restarted.CheckAsync("r.example/app:2", Ref, () => Task.FromResult<IReadOnlyList<ImageLogin>>([Login("a")])));
    }

    [Fact]
    public async Task Check_TheSameLoginInAnotherSecret_OrAnotherInTheSame_IsLetIn_AndNoted()
    {
        var records = Records();
        Pull(records, Login("a", "pw").Credentials);

        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records, Login("copy", "pw")));
        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records, Login("copy", "new")));
        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records, Login("third", "new")));
        Assert.Equal(["a", "copy", "third"], new PullRecordFiles(_folder.FullName).Pulled(Ref)!.Mapping["r.example/app"].Secrets.Select(s => s.Name));
    }

    [Fact]
    public async Task Check_AfterAPullWithAServiceAccountsToken_LetsThatAccountIn()
    {
        var records = Records();
        Pull(records, Account("robot").Credentials);

        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records, Account("robot")));
        Assert.Equal(PullCheck.MustPull, await CheckAsync(records, Account("other")));
    }

    [Fact]
    public async Task Check_WhileAPullGoesOn_OrWasCutShort_CountsAsPulled()
    {
        var records = Records();
        records.Begin(Name);
        records.Begin(Name);
        records.Failed(Name);
        Assert.Equal(PullCheck.MustPull, await CheckAsync(records, Login("a")));
        Assert.Equal(PullCheck.MustPull, await CheckAsync(Records(), Login("a")));

        records.Failed(Name);

        Assert.Equal(PullCheck.PolicyAllows, await CheckAsync(records, Login("a")));
    }

    [Fact]
    public async Task Compare_APullThatWasCutShort_BecomesARecordThatLetsNobodyIn()
    {
        Records().Begin(Name);
        var restarted = Records();

        restarted.Compare([new Image { Id = Ref, RepoTags = { Name } }], _time.GetUtcNow());

        Assert.Empty(new PullRecordFiles(_folder.FullName).Intents());
        Assert.Equal(PullCheck.MustPull, await CheckAsync(restarted, Login("a")));
        Assert.Equal(PullCheck.MustPull, await restarted.CheckAsync("r.example/another-name", Ref, () => Task.FromResult<IReadOnlyList<ImageLogin>>([])));
    }

    [Fact]
    public void Compare_RecordsOfImagesThatAreGone_GoToo_UnlessTheyAreYounger()
    {
        var records = Records();
        Pull(records, PullCredentials.OfEveryPod);
        records.Compare([], _time.GetUtcNow());
        Assert.NotNull(new PullRecordFiles(_folder.FullName).Pulled(Ref));

        records.Compare([new Image { Id = Ref }], _time.GetUtcNow().AddMinutes(1));
        Assert.NotNull(new PullRecordFiles(_folder.FullName).Pulled(Ref));

        records.Compare([], _time.GetUtcNow().AddMinutes(1));
        Assert.Null(new PullRecordFiles(_folder.FullName).Pulled(Ref));
    }

    [Fact]
    public async Task Check_OfABrokenRecord_AsksTheRegistry()
    {
        var records = Records();
        Pull(records, PullCredentials.OfEveryPod);
        await File.WriteAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(_folder.FullName, "image_manager", "pulled"))), """{"imageRef": 7}""");

        Assert.Equal(PullCheck.Broken, await CheckAsync(records));
        Pull(records, PullCredentials.OfEveryPod);
        Assert.Equal(PullCheck.RecordFound, await CheckAsync(records));
    }

    // The name of the file and what is in it are upstream's, so that each of the two kubelets goes on with what the other has.
    [Fact]
    public void Pulled_OnDisk_IsUpstreams()
    {
        Pull(Records(), new ImageLogin(new AuthConfig { Username = "u", Password = "p<&>+" }, PullSecret.Of(SecretOf("a"), new AuthConfig { Username = "u", Password = "p<&>+" })).Credentials);

        var file = new FileInfo(Path.Combine(_folder.FullName, "image_manager", "pulled", "sha256-" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("sha256:app"u8))));
        Assert.True(file.Exists);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, file.UnixFileMode);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData("""{"username":"u","password":"p\u003c\u0026\u003e+"}"""u8));
        Assert.Equal(
            """{"kind":"ImagePulledRecord","apiVersion":"kubelet.config.k8s.io/v1beta1","lastUpdatedTime":"2026-01-02T03:04:05Z","imageRef":"sha256:app","credentialMapping":{"r.example/app":{"kubernetesSecrets":[{"uid":"uid of a","namespace":"default","name":"a","credentialHash":"HASH"}]}}}""".Replace("HASH", hash, StringComparison.Ordinal),
            File.ReadAllText(file.FullName));
    }

    private PullRecords Records(string policy = VerificationPolicy.NotPreloaded) => new(
        new PullRecordFiles(_folder.FullName), new VerificationPolicy(policy, []), new PullRecordMetrics(new MetricsRegistry()), _time, NullLogger<PullRecords>.Instance);

    private static void Pull(PullRecords records, PullCredentials shown)
    {
        records.Begin(Name);
        records.Pulled(Name, Ref, shown);
    }

    private static Task<PullCheck> CheckAsync(PullRecords records, params ImageLogin[] logins) => records.CheckAsync(Name, Ref, () => Task.FromResult<IReadOnlyList<ImageLogin>>(logins));

    private static ImageLogin Login(string secret, string? password = null)
    {
        var auth = new AuthConfig { Username = "u", Password = password ?? "of " + secret };
        return new ImageLogin(auth, PullSecret.Of(SecretOf(secret), auth));
    }

    private static ImageLogin Account(string name) => new(new AuthConfig { Username = "u" }, Account: new PullServiceAccount("uid of " + name, "default", name));

    private static Secret SecretOf(string name) => new() { Metadata = new ObjectMeta { Name = name, Namespace = "default", Uid = "uid of " + name } };
}
