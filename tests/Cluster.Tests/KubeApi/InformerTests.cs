using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Informers;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.Cluster.Tests.KubeApi;

[Trait("Category", "Cluster"), Collection(ApiServerCollection.Name)]
public sealed class InformerTests(ApiServerFixture fixture)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Informer_WhenTheApiServerRestarts_MissesNothing()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await CreateAsync("before", stop.Token);
        var informer = new Informer<ConfigMap>(fixture.Client, Resources.ConfigMaps, new InformerOptions<ConfigMap>("default"), NullLoggerFactory.Instance, TimeProvider.System);
        var seen = new Seen();
        informer.AddHandler(seen);
        var running = informer.RunAsync(stop.Token);
        await informer.Synced.WaitAsync(Limit);
        Assert.NotNull(informer.Store.Get("default", "before"));

        await fixture.Plane.StopAsync(LocalControlPlane.ApiServerName);
        await fixture.Plane.StartApiServerAsync();
        await CreateAsync("after", stop.Token);
        await fixture.Client.DeleteAsync(Resources.ConfigMaps, "default", "before", new DeleteRequest(), stop.Token);

        await seen.UntilAsync("add after", Limit);
        await seen.UntilAsync("delete before", Limit);
        Assert.Null(informer.Store.Get("default", "before"));
        Assert.Equal(1, seen.Count("add after"));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(TimeSpan.FromSeconds(2)));
    }

    private Task<ConfigMap> CreateAsync(string name, CancellationToken cancellationToken) =>
        fixture.Client.CreateAsync(Resources.ConfigMaps, new ConfigMap { Metadata = new ObjectMeta { Name = name, Namespace = "default" } }, cancellationToken);

    private sealed class Seen : IInformerHandler<ConfigMap>
    {
        private readonly ConcurrentQueue<string> _events = new();

        public void OnAdd(ConfigMap value, bool isInInitialList) => _events.Enqueue($"add {value.Metadata.Name}");

        public void OnUpdate(ConfigMap oldValue, ConfigMap newValue) => _events.Enqueue($"update {newValue.Metadata.Name}");

        public void OnDelete(ConfigMap value) => _events.Enqueue($"delete {value.Metadata.Name}");

        public int Count(string what) => _events.Count(e => e == what);

        public async Task UntilAsync(string what, TimeSpan limit)
        {
            using var deadline = new CancellationTokenSource(limit);
            while (Count(what) == 0)
            {
                Assert.False(deadline.IsCancellationRequested, $"\"{what}\" was not seen; seen: {string.Join(", ", _events)}");
                await Task.Delay(20, CancellationToken.None);
            }
        }
    }
}
