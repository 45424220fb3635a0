using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Pods.Statuses;

public class StatusWriterTests
{
    private static readonly PodUid Uid = new("uid-1");
    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly StatusWriter _writer;

    public StatusWriterTests() => _writer = new StatusWriter(_client, _time, NullLogger<StatusWriter>.Instance);

    [Fact]
    public async Task Set_BeforeTheServersPodIsKnown_WaitsForIt()
    {
        var pod = Seed();
        _writer.Set(Uid, Status("Running"));
        await _writer.FlushAsync(Uid, CancellationToken.None);
        Assert.Empty(_client.Requests);

        _writer.Observe(Uid, pod);
        await WrittenAsync("Running");
    }

    [Fact]
    public async Task Set_TheSame_IsNotWrittenAgain()
    {
        _writer.Observe(Uid, Seed());
        _writer.Set(Uid, Status("Running"));
        await WrittenAsync("Running");

        _writer.Set(Uid, Status("Running"));
        await _writer.FlushAsync(Uid, CancellationToken.None);

        Assert.Single(_client.Requests);
    }

    [Fact]
    public async Task Set_ManyWhileOneIsWritten_WritesTheLatestOnly()
    {
        var gate = new TaskCompletionSource();
        _client.OnRequest = (_, _) => gate.Task;
        _writer.Observe(Uid, Seed());
        _writer.Set(Uid, Status("Running", "first"));
        await Eventually.TrueAsync(() => _client.Requests.Count == 1, "the first write");
        foreach (var i in Enumerable.Range(0, 10))
        {
            _writer.Set(Uid, Status("Running", $"message {i}"));
        }

        gate.SetResult();
        await Eventually.TrueAsync(() => Peek()?.Status?.Message == "message 9", "the latest is written");

        Assert.Equal(2, _client.Requests.Count);
    }

    [Fact]
    public async Task Write_ThatFails_IsTriedAgain()
    {
        var failures = 2;
        _client.OnRequest = (_, _) => failures-- > 0 ? throw new IOException("away") : Task.CompletedTask;
        _writer.Observe(Uid, Seed());
        _writer.Set(Uid, Status("Running"));

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return Peek()?.Status?.Phase == "Running";
            },
            "it is written");

        Assert.Equal(3, _client.Requests.Count);
    }

    [Fact]
    public async Task Observe_AnotherPodOfTheName_IsNotWrittenTo()
    {
        _writer.Observe(Uid, Seed());
        _client.Remove(KubeApi.Resources.Pods, "default", "web");
        var next = new PodBuilder().Container("a").With(p => p.Metadata.Uid = "uid-2").Build();
        _client.Seed(KubeApi.Resources.Pods, next);

        _writer.Set(Uid, Status("Failed"));
        await _writer.FlushAsync(Uid, CancellationToken.None);

        Assert.Equal("Pending", Peek()!.Status.Phase);
    }

    [Fact]
    public void Forget_DropsTheStatus()
    {
        _writer.Set(Uid, Status("Running"));
        _writer.Forget(Uid);

        Assert.Null(_writer.Get(Uid));
    }

    private static PodStatus Status(string phase, string message = "") => new() { Phase = phase, Message = message };

    private Pod Seed() => _client.Seed(KubeApi.Resources.Pods, new PodBuilder().Container("a").Build());

    private Pod? Peek() => _client.Peek(KubeApi.Resources.Pods, "default", "web");

    private Task WrittenAsync(string phase) => Eventually.TrueAsync(() => Peek()?.Status?.Phase == phase, $"the server says {phase}");
}
