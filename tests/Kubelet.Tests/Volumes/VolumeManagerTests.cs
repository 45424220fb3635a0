using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Volumes;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Volumes;

public sealed class VolumeManagerTests : IDisposable
{
    private static readonly DownwardFields Fields = new("node", [], [], new Dictionary<string, KubeApi.Meta.Quantity>());

    private readonly string _folder = Directory.CreateTempSubdirectory("na-volumes-").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly HangingPlugin _plugin = new();
    private readonly FakeObjects _objects = new();
    private readonly VolumeManager _volumes;

    public VolumeManagerTests()
    {
        _volumes = new VolumeManager(new PodPaths(_folder, _folder, _folder), [_plugin], new ServiceAccountTokens(_objects, _time), new VolumeResolver(_objects), () => null, _time);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SetUp_ThatDoesNotReturn_LetsGoOfItsPod_AndIsNotBegunTwice()
    {
        using var called = new CancellationTokenSource();
        var hangs = _volumes.SetUpAsync(PodOf("uid-1"), Fields, called.Token);
        await Eventually.TrueAsync(() => _plugin.Begun.Count == 1, "the mount");

        await called.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hangs);
        var again = _volumes.SetUpAsync(PodOf("uid-1"), Fields, CancellationToken.None);
        Assert.False(again.IsCompleted);

        _plugin.Answer.SetResult(new ReadyVolume("/mounted"));
        Assert.Equal("/mounted", (await again).ByName["data"].Path);
        Assert.Equal(["uid-1"], _plugin.Begun);
    }

    [Fact]
    public async Task SetUp_OfAnotherPod_DoesNotWaitForOneThatHangs()
    {
        var hangs = _volumes.SetUpAsync(PodOf("uid-1"), Fields, CancellationToken.None);
        await Eventually.TrueAsync(() => _plugin.Begun.Count == 1, "the mount");
        _plugin.Answers["uid-2"] = Task.FromResult(new ReadyVolume("/other"));

        Assert.Equal("/other", (await _volumes.SetUpAsync(PodOf("uid-2"), Fields, CancellationToken.None)).ByName["data"].Path);
        Assert.False(hangs.IsCompleted);
    }

    [Fact]
    public async Task TearDown_WhileSetUpHangs_SaysSo()
    {
        var hangs = _volumes.SetUpAsync(PodOf("uid-1"), Fields, CancellationToken.None);
        await Eventually.TrueAsync(() => _plugin.Begun.Count == 1, "the mount");

        var down = _volumes.TearDownAsync(new PodUid("uid-1"));
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.Contains("it is still being set up", (await Assert.ThrowsAsync<VolumeException>(() => down)).Message, StringComparison.Ordinal);
        _plugin.Answer.SetResult(new ReadyVolume("/mounted"));
        await hangs;
        await _volumes.TearDownAsync(new PodUid("uid-1"));
    }

    [Theory]
    [InlineData("test~hangs", "pv", "test~hangs/pv")]
    [InlineData("kubernetes.io~csi", "pv", "kubernetes.io~csi/pv/mount")]
    [InlineData("test~hangs", "data", null)]
    public async Task FolderOf_AClaim_HasTheNameOfWhatItIsBoundTo(string plugin, string folder, string? expected)
    {
        _objects.Others.Add(new PersistentVolumeClaim { Metadata = new ObjectMeta { Name = "claim" }, Spec = new PersistentVolumeClaimSpec { VolumeName = "pv" }, Status = new PersistentVolumeClaimStatus { Phase = "Bound" } });
        _objects.Others.Add(new PersistentVolume { Metadata = new ObjectMeta { Name = "pv" }, Spec = new PersistentVolumeSpec() });
        var pod = PodOf("uid-1");
        pod.Spec.Volumes[0].VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "claim" } };
        _plugin.Answer.SetResult(new ReadyVolume("/mounted"));
        await _volumes.SetUpAsync(pod, Fields, CancellationToken.None);
        var volumes = Path.Combine(_folder, "pods", "uid-1", "volumes");
        Directory.CreateDirectory(Path.Combine(volumes, plugin, folder));

        Assert.Equal(expected is null ? null : Path.Combine(volumes, expected), _volumes.FolderOf(new PodUid("uid-1"), "data"));
    }

    private static Pod PodOf(string uid) => new PodBuilder().Container("a", c => c.VolumeMounts.Add(new VolumeMount { Name = "data", MountPath = "/data" })).With(p =>
    {
        p.Metadata.Uid = uid;
        p.Spec.Volumes.Add(new Volume { Name = "data", VolumeSource = new VolumeSource { EmptyDir = new EmptyDirVolumeSource() } });
    }).Build();

    private sealed class HangingPlugin : IVolumePlugin
    {
        public TaskCompletionSource<ReadyVolume> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Dictionary<string, Task<ReadyVolume>> Answers { get; } = [];

        public List<string> Begun { get; } = [];

        public string Name => "test/hangs";

        public bool Supports(VolumeSpec spec) => true;

        public Task<ReadyVolume> SetUpAsync(VolumeContext context, CancellationToken cancellationToken)
        {
            lock (Begun)
            {
                Begun.Add(context.Pod.Metadata.Uid);
            }

            return Answers.GetValueOrDefault(context.Pod.Metadata.Uid) ?? Answer.Task;
        }
    }
}
