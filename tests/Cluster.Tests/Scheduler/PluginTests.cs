using System.Globalization;
using System.Reflection;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Scheduling.V1Alpha2;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Testing;

namespace NodeAgent.Cluster.Tests.Scheduler;

/// <summary>
/// The published scheduler with a plugin of somebody else's, with volumes and with groups of pods. Each test has a scheduler name,
/// and nodes, of its own.
/// </summary>
[Trait("Category", "Cluster")]
public sealed class PluginTests(PluginCluster cluster) : IClassFixture<PluginCluster>, IAsyncLifetime
{
    private static readonly string Sample = typeof(PluginTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SamplePlugin").Value!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await cluster.StopSchedulersAsync();
        await cluster.ClearAsync();
    }

    [Fact]
    public async Task SamplePlugin_OfTheConfiguration_ScoresRefusesAndHearsOfEvents()
    {
        await AddNodeAsync("dear", "large");
        await AddNodeAsync("cheap", "small");
        var scheduler = await StartAsync("thrifty", $"""
            pluginAssemblies: ["{Sample}"]
            podMaxBackoffSeconds: 2
            profiles:
            - schedulerName: thrifty
              plugins: {"{multiPoint: {enabled: [{name: PriceAware, weight: 100}]}}"}
              pluginConfig: [{"{name: PriceAware, args: {prices: {small: 10, large: 90}}}"}]
            """);

        await AddPodAsync("affordable", "thrifty");
        Assert.Equal("cheap", await cluster.NodeOfAsync("affordable", scheduler));

        await LimitAsync("5");
        await AddPodAsync("unaffordable", "thrifty");
        Assert.StartsWith("0/2 nodes are available: 2 node(s) cost more than the namespace may spend.", await cluster.RefusalOfAsync("unaffordable", scheduler), StringComparison.Ordinal);

        await LimitAsync("20");
        Assert.Equal("cheap", await cluster.NodeOfAsync("unaffordable", scheduler));
    }

    [Fact]
    public async Task Plugin_BuiltAgainstAnotherMajorVersion_KeepsTheSchedulerFromStartingAndSaysWhy()
    {
        var path = Path.Combine(cluster.Folder, "Other.dll");
        await File.WriteAllBytesAsync(path, AssemblyFiles.WithReference(Sample, "NodeAgent.Scheduler.Framework", 2, 3));
        var file = await cluster.WriteConfigAsync("other", $"pluginAssemblies: [\"{path}\"]");

        var result = await Command.RunAsync(DaemonBinaries.Own().Scheduler, [$"--config={file}", "--secure-port=0"], throwOnFailure: false, timeout: TimeSpan.FromSeconds(30));

        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains($"pluginAssemblies[0]: {path}: it is built against version 2.3 of NodeAgent.Scheduler.Framework; this scheduler has 1.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ConfigurationFile_Changed_IsTakenOverWhenValidAndTheLastValidOneKeptWhenNot()
    {
        await AddNodeAsync("n", "small");
        var scheduler = await StartAsync("first", "profiles: [{schedulerName: first}]");
        await AddPodAsync("of-second", "second");
        await AddPodAsync("before", "first");
        await cluster.NodeOfAsync("before", scheduler);

        await cluster.WriteConfigAsync("first", "profiles: [{schedulerName: first, plugins: {multiPoint: {enabled: [{name: NoSuch}]}}}]");
        await Wait.UntilAsync("the file to be refused", TimeSpan.FromSeconds(30), () => Task.FromResult(scheduler.LogTail(100).Contains("NoSuch", StringComparison.Ordinal)), () => scheduler.LogTail());
        await AddPodAsync("of-first", "first");
        Assert.Equal("n", await cluster.NodeOfAsync("of-first", scheduler));

        await cluster.WriteConfigAsync("first", "profiles: [{schedulerName: first}, {schedulerName: second}]");
        Assert.Equal("n", await cluster.NodeOfAsync("of-second", scheduler));
    }

    [Fact]
    public async Task Claim_WaitsForItsFirstConsumer_IsBoundToTheVolumeOfTheChosenNode()
    {
        await AddNodeAsync("a", "small");
        await AddNodeAsync("b", "small");
        await AddLocalVolumeAsync("on-b", "b");
        var scheduler = await StartAsync("volumes", "profiles: [{schedulerName: volumes}]");

        await AddPodAsync("without", "volumes", p => p.Spec.Volumes.Add(ClaimVolume("nowhere")));
        await AddPodAsync("with", "volumes", p => p.Spec.Volumes.Add(ClaimVolume("data")));

        Assert.Equal("b", await cluster.NodeOfAsync("with", scheduler));
        // The controller writes the claim's phase after what a scheduler waits for.
        var claim = new PersistentVolumeClaim();
        await Wait.UntilAsync("the claim to be bound", TimeSpan.FromSeconds(30), async () =>
            (claim = await cluster.Client.GetAsync(Resources.PersistentVolumeClaims, SchedulerCluster.Namespace, "data", default)).Status.Phase == "Bound");
        Assert.Equal("on-b", claim.Spec.VolumeName);
        Assert.StartsWith("0/2 nodes are available: persistentvolumeclaim \"nowhere\" not found.", await cluster.RefusalOfAsync("without", scheduler), StringComparison.Ordinal);
    }

    [FactSince(36, "scheduling.k8s.io/v1alpha2")]
    public async Task Gang_RoomForSomeOnly_WaitsAsAWholeAndIsBoundAsAWhole()
    {
        await AddNodeAsync("small", "small", "2");
        var scheduler = await StartAsync("gangs", "profiles: [{schedulerName: gangs}]\npodMaxBackoffSeconds: 2", "--feature-gates=GenericWorkload=true,GangScheduling=true");
        var group = new PodGroup
        {
            Metadata = new ObjectMeta { Name = "training", Namespace = SchedulerCluster.Namespace },
            Spec = new PodGroupSpec { SchedulingPolicy = new PodGroupSchedulingPolicy { Gang = new GangSchedulingPolicy { MinCount = 3 } } },
        };
        string[] names = ["worker-0", "worker-1", "worker-2"];

        // Two of three, before and after the group is there; then three, of which two have room.
        await AddMembersAsync(names[..2]);
        await cluster.Client.CreateAsync(Resources.PodGroups, group, default);
        await AddPodAsync("alone", "gangs", p => p.Spec.Containers[0].Resources.Requests["cpu"] = new Quantity { String = "500m" });
        Assert.Equal("small", await cluster.NodeOfAsync("alone", scheduler));
        await AddMembersAsync(names[2..]);
        var refusals = await Task.WhenAll(names.Select(n => cluster.RefusalOfAsync(n, scheduler)));
        Assert.Contains(refusals, r => r.StartsWith("waiting for minCount pods from a gang to be scheduled", StringComparison.Ordinal));
        Assert.Contains(refusals, r => r.Contains("Insufficient cpu", StringComparison.Ordinal));
        await ConditionAsync("False", "Unschedulable");
        Assert.All(await Task.WhenAll(names.Select(cluster.GetAsync)), p => Assert.Empty(p.Spec.NodeName));

        await AddNodeAsync("large", "large", "8");
        foreach (var name in names)
        {
            await cluster.NodeOfAsync(name, scheduler);
        }

        await ConditionAsync("True", "Scheduled");

        async Task AddMembersAsync(string[] pods)
        {
            foreach (var name in pods)
            {
                await AddPodAsync(name, "gangs", p =>
                {
                    p.Spec.SchedulingGroup = new PodSchedulingGroup { PodGroupName = "training" };
                    p.Spec.Containers[0].Resources.Requests["cpu"] = new Quantity { String = "1" };
                });
            }
        }

        Task ConditionAsync(string status, string reason) => Wait.UntilAsync($"the group's condition to be {reason}", TimeSpan.FromSeconds(30), async () =>
            (await cluster.Client.GetAsync(Resources.PodGroups, SchedulerCluster.Namespace, "training", default)).Status?.Conditions
                .Any(c => c.Type == "PodGroupScheduled" && c.Status == status && c.Reason == reason) ?? false, () => scheduler.LogTail());
    }

    private static Volume ClaimVolume(string claim) => new() { Name = "data", VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = claim } } };

    private Task<ManagedProcess> StartAsync(string name, string config, params string[] flags) =>
        cluster.StartAsync(name, "leaderElection: {leaderElect: false}\n" + config, null, [$"--secure-port={SchedulerCluster.FreePort().ToString(CultureInfo.InvariantCulture)}", .. flags]);

    private Task AddNodeAsync(string name, string type, string cpu = "4") =>
        cluster.Client.CreateAsync(Resources.Nodes, SchedulerCluster.Node(name, cpu).With(n => n.Metadata.Labels["node.kubernetes.io/instance-type"] = type), default);

    private Task AddPodAsync(string name, string scheduler, Action<Pod>? change = null) => cluster.Client.CreateAsync(Resources.Pods, SchedulerCluster.Pod(name).With(p =>
    {
        p.Spec.SchedulerName = scheduler;
        change?.Invoke(p);
    }), default);

    /// <summary>What a node may cost at most for pods of the namespace.</summary>
    private async Task LimitAsync(string cents) => await cluster.Client.PatchAsync(
        Resources.Namespaces,
        null,
        SchedulerCluster.Namespace,
        PatchType.Merge,
        System.Text.Encoding.UTF8.GetBytes($$$$"""{"metadata":{"annotations":{"example.com/max-hourly-cents":"{{{{cents}}}}"}}}"""),
        default);

    /// <summary>A class that binds late, a volume on one node, and the claim "data".</summary>
    private async Task AddLocalVolumeAsync(string name, string node)
    {
        await cluster.Client.CreateAsync(Resources.StorageClasses, new StorageClass { Metadata = new ObjectMeta { Name = "local" }, Provisioner = "kubernetes.io/no-provisioner", VolumeBindingMode = "WaitForFirstConsumer" }, default);
        var term = new NodeSelectorTerm { MatchExpressions = { new NodeSelectorRequirement { Key = "kubernetes.io/hostname", Operator = "In", Values = { node } } } };
        var volume = new PersistentVolume
        {
            Metadata = new ObjectMeta { Name = name },
            Spec = new PersistentVolumeSpec
            {
                Capacity = { ["storage"] = new Quantity { String = "1Gi" } },
                AccessModes = { "ReadWriteOnce" },
                StorageClassName = "local",
                PersistentVolumeSource = new PersistentVolumeSource { Local = new LocalVolumeSource { Path = "/mnt" } },
                NodeAffinity = new VolumeNodeAffinity { Required = new NodeSelector { NodeSelectorTerms = { term } } },
            },
        };
        await cluster.Client.CreateAsync(Resources.PersistentVolumes, volume, default);
        var claim = new PersistentVolumeClaim
        {
            Metadata = new ObjectMeta { Name = "data", Namespace = SchedulerCluster.Namespace },
            Spec = new PersistentVolumeClaimSpec
            {
                StorageClassName = "local",
                AccessModes = { "ReadWriteOnce" },
                Resources = new VolumeResourceRequirements { Requests = { ["storage"] = new Quantity { String = "1Gi" } } },
            },
        };
        await cluster.Client.CreateAsync(Resources.PersistentVolumeClaims, claim, default);
    }
}
