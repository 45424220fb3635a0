using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.Scheduler.Config;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests;

public sealed class SchedulerDaemonTests
{
    private readonly InMemoryKubeClient _client = new();

    [Theory]
    [InlineData("v1.20.2", false)]
    [InlineData("v1.21.0", true)]
    [InlineData("v1.36.2", true)]
    [InlineData("", true)]
    public void KnowsNamespaceSelectors_Version_FromV121On(string version, bool expected) =>
        Assert.Equal(expected, SchedulerDaemon.KnowsNamespaceSelectors(new Discovery(version, new HashSet<(string, string)>())));

    [Fact]
    public async Task ReloadAsync_AnotherProfile_ItsWaitingPodsAreScheduled()
    {
        _client.Seed(Resources.Nodes, Make.Node("n"));
        _client.Seed(Resources.Pods, Make.Pod("p").With(p => p.Spec.SchedulerName = "other"));
        var daemon = Daemon("profiles: [{schedulerName: default-scheduler}]");
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(daemon.RunInformersAsync(stop.Token), daemon.RunLoopAsync(stop.Token));
        await daemon.Synced;

        await daemon.ReloadAsync(Read("profiles: [{schedulerName: default-scheduler}, {schedulerName: other}]"), stop.Token);

        await UntilAsync(() => _client.Peek(Resources.Pods, "default", "p")!.Spec.NodeName == "n");
        Assert.Equal(2, daemon.Config.Profiles.Count);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await running;
            stop.Token.ThrowIfCancellationRequested();
        });
    }

    [Fact]
    public async Task ReloadAsync_PluginTurnedOff_RefusedPodIsTriedAgain()
    {
        _client.Seed(Resources.Nodes, Make.Node("n").Tainted("k", "NoSchedule"));
        _client.Seed(Resources.Pods, Make.Pod("p"));
        var daemon = Daemon("podMaxBackoffSeconds: 2");
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(daemon.RunInformersAsync(stop.Token), daemon.RunLoopAsync(stop.Token));
        await UntilAsync(() => _client.Peek(Resources.Pods, "default", "p")!.Status.Conditions.Count > 0);

        await daemon.ReloadAsync(Read("profiles: [{plugins: {multiPoint: {disabled: [{name: TaintToleration}]}}}]"), stop.Token);

        await UntilAsync(() => _client.Peek(Resources.Pods, "default", "p")!.Spec.NodeName == "n");
        await stop.CancelAsync();
        await Record.ExceptionAsync(() => running);
    }

    [Theory]
    [InlineData("profiles: [{plugins: {multiPoint: {enabled: [{name: NoSuch}]}}}]", "NoSuch")]
    [InlineData("extenders: [{urlPrefix: 'http://127.0.0.1:1'}]", "needs a restart")]
    [InlineData("pluginAssemblies: [/no/such.dll]", "needs a restart")]
    public async Task ReloadAsync_CannotBe_ChangesNothing(string yaml, string expected)
    {
        var daemon = Daemon("podMaxBackoffSeconds: 20");

        var error = await Assert.ThrowsAsync<ConfigException>(() => daemon.ReloadAsync(Read(yaml), CancellationToken.None));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Equal(20, daemon.Config.PodMaxBackoffSeconds);
    }

    private SchedulerDaemon Daemon(string yaml) => new(
        Read(yaml), BuiltInPlugins.AddTo(new PluginRegistry()), _client, _client.Discovery, new RecordedEvents(), new MetricsRegistry(), NullLoggerFactory.Instance, TimeProvider.System, new Random(1));

    private static KubeSchedulerConfiguration Read(string yaml) =>
        ConfigReader.Read<KubeSchedulerConfiguration>($"apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n{yaml}\n", "config.yaml", KubeSchedulerConfiguration.Kind).Value;

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!isTrue())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}
