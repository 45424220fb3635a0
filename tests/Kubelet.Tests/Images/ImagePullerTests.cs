using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Images;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using NSubstitute;
using Container = NodeAgent.KubeApi.Core.V1.Container;

namespace NodeAgent.Kubelet.Tests.Images;

public sealed class ImagePullerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("na-puller-");
    private readonly FakeTimeProvider _time = new();
    private readonly FakeEvents _events = new();
    private readonly MetricsRegistry _registry = new();
    private readonly IImageService _images = Substitute.For<IImageService>();
    private readonly List<ImagePuller> _pullers = [];

    public void Dispose()
    {
        _pullers.ForEach(p => p.Dispose());
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Ensure_IfNotPresent_OfAnImageThatIsThere_DoesNotPull()
    {
        Present();

        Assert.Equal("sha256:1", (await EnsureAsync(Puller(), "IfNotPresent")).Id);

        Assert.Contains(("Pulled", "Container image \"app:1\" already present on machine and can be accessed by the pod"), _events.Told);
        await _images.DidNotReceiveWithAnyArgs().PullImageAsync(default!, default, default, default);
        Assert.Contains("kubelet_image_manager_ensure_image_requests_total{pull_policy=\"ifnotpresent\",present_locally=\"true\",pull_required=\"false\"} 1\n", Text());
    }

    [Fact]
    public async Task Ensure_Always_PullsWhatIsThere()
    {
        Present();
        Pulls(() => Task.FromResult("sha256:1"));

        await EnsureAsync(Puller(), "Always");

        Assert.Equal(["Pulling", "Pulled"], _events.Told.Select(e => e.Reason));
        Assert.StartsWith("Successfully pulled image \"app:1\" in ", _events.Told.Last().Message, StringComparison.Ordinal);
        Assert.Contains("{pull_policy=\"always\",present_locally=\"unknown\",pull_required=\"true\"} 1\n", Text());
    }

    [Fact]
    public async Task Ensure_Never_OfAnImageThatIsNotThere_SaysSo()
    {
        var refused = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(Puller(), "Never"));

        Assert.Equal(("ErrImageNeverPull", "Container image \"app:1\" is not present with pull policy of Never"), (refused.Reason, refused.Message));
    }

    [Fact]
    public async Task Ensure_PullThatFails_WaitsTenSecondsThenTwenty()
    {
        Pulls(() => throw new RuntimeException(RuntimeErrorCode.Unknown, "no route"));
        var puller = Puller();

        Assert.Equal(10, (await FailAsync(puller, "ErrImagePull")).TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(1, (await FailAsync(puller, "ImagePullBackOff")).TotalSeconds);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(20, (await FailAsync(puller, "ErrImagePull")).TotalSeconds);
    }

    [Fact]
    public async Task Ensure_InBackOff_TellsWhatFailed()
    {
        Pulls(() => throw new RuntimeException(RuntimeErrorCode.Unknown, "no route"));
        var puller = Puller();
        await FailAsync(puller, "ErrImagePull");

        var waiting = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(puller, "IfNotPresent"));

        Assert.Equal("Back-off pulling image \"app:1\": ErrImagePull: failed to pull image \"app:1\": no route", waiting.Message);
        Assert.Contains(("BackOff", "Back-off pulling image \"app:1\""), _events.Told);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(null, 3)]
    public async Task Ensure_SeveralAtOnce_PullsAsManyAsAreLet(int? parallel, int expected)
    {
        var answer = new TaskCompletionSource<string>();
        var running = 0;
        Pulls(() =>
        {
            Interlocked.Increment(ref running);
            return answer.Task;
        });
        var puller = Puller(parallel);

        var all = Task.WhenAll(Enumerable.Range(0, 3).Select(i => EnsureAsync(puller, "Always", $"pod-{i}")));
        await Eventually.TrueAsync(() => Volatile.Read(ref running) == expected, "the pulls to begin");
        Assert.False(all.IsCompleted);
        answer.SetResult("sha256:1");

        await all;
        Assert.Equal(3, running);
    }

    [Fact]
    public async Task Ensure_AfterARestart_OfAnImagePulledWithASecret_AsksTheRegistryForOthers()
    {
        var objects = new FakeObjects();
        objects.Secrets["mine"] = new Secret
        {
            Metadata = new KubeApi.Meta.V1.ObjectMeta { Name = "mine", Namespace = "default", Uid = "1" },
            Data = { [".dockerconfigjson"] = Google.Protobuf.ByteString.CopyFromUtf8("""{"auths":{"docker.io":{"username":"me","password":"pw"}}}""") },
        };
        Pulls(() => Task.FromResult("sha256:1"));
        await EnsureAsync(Puller(objects: objects), "IfNotPresent", secret: "mine");
        Present();
        var restarted = Puller(objects: objects);
        Pulls(() => throw new RuntimeException(RuntimeErrorCode.Unknown, "401 Unauthorized"));

        Assert.Equal("sha256:1", (await EnsureAsync(restarted, "IfNotPresent", "of-the-owner", "mine")).Id);
        await FailAsync(restarted, "ErrImagePull");
        Assert.Equal("ErrImageNeverPull", (await Assert.ThrowsAsync<StartException>(() => EnsureAsync(restarted, "Never"))).Reason);
    }

    private ImagePuller Puller(int? parallel = 1, FakeObjects? objects = null)
    {
        var records = new PullRecords(new PullRecordFiles(_folder.FullName), new VerificationPolicy(VerificationPolicy.NotPreloaded, []), new PullRecordMetrics(new MetricsRegistry()), _time, NullLogger<PullRecords>.Instance);
        var logins = new ImageLogins(objects ?? new FakeObjects(), new NodeDockerConfig([], _time), [], _events, NullLogger<ImageLogins>.Instance);
        var puller = new ImagePuller(_images, logins, records, _events, new ImageMetrics(_pullers.Count == 0 ? _registry : new MetricsRegistry()), new PodStarts(new MetricsRegistry(), _time), _time, parallel, new RateLimiter(-1, 0, _time));
        _pullers.Add(puller);
        return puller;
    }

    private static Task<PulledImage> EnsureAsync(ImagePuller puller, string policy, string uid = "pod", string? secret = null)
    {
        var pod = new PodBuilder().Container("main").With(p => p.Metadata.Uid = uid).Build();
        if (secret is not null)
        {
            pod.Spec.ImagePullSecrets.Add(new LocalObjectReference { Name = secret });
        }

        return puller.EnsureAsync(pod, new Container { Name = "main", Image = "app:1", ImagePullPolicy = policy }, ContainerKind.Main, new PodSandboxConfig(), CancellationToken.None);
    }

    /// <returns>How long until it is tried again.</returns>
    private async Task<TimeSpan> FailAsync(ImagePuller puller, string reason)
    {
        var failure = await Assert.ThrowsAsync<StartException>(() => EnsureAsync(puller, "IfNotPresent"));
        Assert.Equal(reason, failure.Reason);
        return failure.RetryAt!.Value - _time.GetUtcNow();
    }

    private void Present() => _images.ImageStatusAsync(default!, default).ReturnsForAnyArgs(Task.FromResult<Image?>(new Image { Id = "sha256:1" }));

    private void Pulls(Func<Task<string>> answer) => _images.PullImageAsync(default!, default, default, default).ReturnsForAnyArgs(_ => answer());

    private string Text() => System.Text.Encoding.UTF8.GetString(_registry.Expose().Span);
}
