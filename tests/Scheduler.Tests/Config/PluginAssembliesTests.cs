using System.Reflection;
using System.Runtime.Loader;
using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Config;

/// <summary>With samples/PriceAware, as it was built.</summary>
public sealed class PluginAssembliesTests : IDisposable
{
    private static readonly string Sample = typeof(PluginAssembliesTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SamplePlugin").Value!;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("plugins-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task AddTo_Sample_FiltersScoresAndHearsOfEvents()
    {
        var client = new InMemoryKubeClient();
        client.Seed(Resources.Namespaces, new Namespace { Metadata = new() { Name = "default", Annotations = { ["example.com/max-hourly-cents"] = "5" } } });
        client.Seed(Resources.Nodes, Make.Node("cheap", labels: ("node.kubernetes.io/instance-type", "small")));
        client.Seed(Resources.Nodes, Make.Node("dear", labels: ("node.kubernetes.io/instance-type", "large")));
        client.Seed(Resources.Pods, Make.Pod("p", "1"));
        var registry = BuiltInPlugins.AddTo(new PluginRegistry());
        var config = Read("""
            pluginAssemblies: [ASSEMBLY]
            podMaxBackoffSeconds: 2
            profiles:
              - plugins: {multiPoint: {enabled: [{name: PriceAware, weight: 100}]}}
                pluginConfig: [{name: PriceAware, args: {prices: {small: 10, large: 90}}}]
            """.Replace("ASSEMBLY", Sample, StringComparison.Ordinal));
        PluginAssemblies.AddTo(registry, config.PluginAssemblies);
        var daemon = new SchedulerDaemon(config, registry, client, client.Discovery, new RecordedEvents(), new MetricsRegistry(), NullLoggerFactory.Instance, TimeProvider.System, new Random(1));
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(daemon.RunInformersAsync(stop.Token), daemon.RunLoopAsync(stop.Token));

        // Both nodes cost more than the namespace may spend, until it may spend more.
        await UntilAsync(() => client.Peek(Resources.Pods, "default", "p")!.Status.Conditions.Count > 0);
        Assert.Contains("2 node(s) cost more than the namespace may spend", client.Peek(Resources.Pods, "default", "p")!.Status.Conditions[0].Message, StringComparison.Ordinal);
        var own = client.Peek(Resources.Namespaces, null, "default")!;
        own.Metadata.Annotations["example.com/max-hourly-cents"] = "100";
        await client.UpdateAsync(Resources.Namespaces, own, CancellationToken.None);

        await UntilAsync(() => client.Peek(Resources.Pods, "default", "p")!.Spec.NodeName == "cheap");
        await stop.CancelAsync();
        await Record.ExceptionAsync(() => running);
    }

    [Fact]
    public void AddTo_Sample_HasItsOwnDependenciesAndTheSchedulersContract()
    {
        var registry = new PluginRegistry();
        PluginAssemblies.AddTo(registry, [Sample]);

        var context = AssemblyLoadContext.All.Last(c => c.Name == "PriceAware");
        Assert.Contains("PriceAware", registry.Names);
        Assert.Equal(context, AssemblyLoadContext.GetLoadContext(context.LoadFromAssemblyName(new AssemblyName("PriceCatalog"))));
        Assert.Same(typeof(IPlugin).Assembly, context.LoadFromAssemblyName(typeof(IPlugin).Assembly.GetName()));
    }

    [Theory]
    [InlineData(2, 0, "it is built against version 2.0 of NodeAgent.Scheduler.Framework; this scheduler has 1.0 and loads plugins of version 1 only")]
    [InlineData(0, 9, "it is built against version 0.9 of NodeAgent.Scheduler.Framework")]
    [InlineData(1, 7, "which is newer than this scheduler's, 1.0")]
    public void AddTo_AnotherVersion_IsRefused(ushort major, ushort minor, string expected)
    {
        var path = Path.Combine(_directory.FullName, "Other.dll");
        File.WriteAllBytes(path, AssemblyFiles.WithReference(Sample, typeof(IPlugin).Assembly.GetName().Name!, major, minor));

        var error = Assert.Throws<ConfigException>(() => PluginAssemblies.AddTo(new PluginRegistry(), [path]));

        Assert.Contains($"pluginAssemblies[0]: {path}: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddTo_SeveralWrong_ListsAll()
    {
        var text = Path.Combine(_directory.FullName, "text.dll");
        File.WriteAllText(text, "no assembly");
        var missing = Path.Combine(_directory.FullName, "missing.dll");

        var error = Assert.Throws<ConfigException>(() => PluginAssemblies.AddTo(new PluginRegistry(), [text, missing, typeof(InMemoryKubeClient).Assembly.Location, Sample]));

        Assert.Equal(3, error.Errors.Count);
        Assert.Contains("it is no .NET assembly", error.Errors[0], StringComparison.Ordinal);
        Assert.Contains("missing.dll is not there", error.Errors[1], StringComparison.Ordinal);
        Assert.Contains("does not reference NodeAgent.Scheduler.Framework", error.Errors[2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "prices: at least one")]
    [InlineData("{prices: {small: -1}}", "prices.small: -1 must not be less than 0")]
    [InlineData("{prices: {small: 1}, currency: euro}", "currency")]
    public void Create_ArgumentsThatCannotBe_AreRefused(string args, string expected)
    {
        var registry = BuiltInPlugins.AddTo(new PluginRegistry());
        PluginAssemblies.AddTo(registry, [Sample]);
        var config = Read($"profiles: [{{plugins: {{multiPoint: {{enabled: [{{name: PriceAware}}]}}}}, pluginConfig: [{{name: PriceAware, args: {args}}}]}}]");
        var client = new InMemoryKubeClient();

        var error = Assert.Throws<ConfigException>(() => new SchedulerDaemon(config, registry, client, client.Discovery, new RecordedEvents(), new MetricsRegistry(), NullLoggerFactory.Instance, TimeProvider.System, new Random(1)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

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
