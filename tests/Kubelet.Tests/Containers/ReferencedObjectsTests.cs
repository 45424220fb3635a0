using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Containers;

public sealed class ReferencedObjectsTests : IAsyncDisposable
{
    private readonly InMemoryKubeClient _client = new();
    private readonly ReferencedObjects _objects;

    public ReferencedObjectsTests()
    {
        var services = new Informer<Service>(_client, KubeApi.Resources.Services, new InformerOptions<Service>(), NullLoggerFactory.Instance, TimeProvider.System);
        _objects = new ReferencedObjects(_client, services, NullLoggerFactory.Instance, TimeProvider.System);
    }

    public ValueTask DisposeAsync() => _objects.DisposeAsync();

    [Fact]
    public async Task ConfigMap_ThatIsImmutable_IsReadOnce_AnyOtherIsFollowed()
    {
        Seed("fixed", "one", immutable: true);
        Seed("moving", "one", immutable: false);
        var (seen, unchanged) = ("one", 0);

        // The watch ends on its own time.
        for (var round = 0; unchanged < 3; round++)
        {
            Assert.InRange(round, 0, 50);
            Seed("fixed", $"round {round}", immutable: true);
            Seed("moving", $"round {round}", immutable: false);
            await FollowAsync("moving", $"round {round}");
            var now = await ColorAsync("fixed");
            (seen, unchanged) = (now!, now == seen ? unchanged + 1 : 0);
        }
    }

    [Fact]
    public async Task KeepOnly_EndsTheWatchesOfWhatNoPodNames()
    {
        Seed("used", "one", immutable: false);
        await ColorAsync("used");
        Seed("used", "two", immutable: false);
        await FollowAsync("used", "two");
        _objects.KeepOnly([]);
        _client.ClearRequests();
        Assert.Equal("two", await ColorAsync("used"));
        Assert.NotEmpty(_client.Requests);
    }

    private async Task FollowAsync(string name, string color)
    {
        for (var limit = DateTime.UtcNow.AddSeconds(20); await ColorAsync(name) != color; await Task.Yield())
        {
            Assert.True(DateTime.UtcNow < limit, $"{name} was not seen to become {color}");
        }
    }

    private async Task<string?> ColorAsync(string name) => (await _objects.ConfigMapAsync("default", name, CancellationToken.None))?.Data["color"];

    private void Seed(string name, string color, bool immutable) =>
        _client.Seed(KubeApi.Resources.ConfigMaps, new ConfigMap { Metadata = new ObjectMeta { Name = name, Namespace = "default" }, Data = { ["color"] = color }, Immutable = immutable });
}
