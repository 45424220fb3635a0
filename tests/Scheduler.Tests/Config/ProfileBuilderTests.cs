using NodeAgent.Hosting.Config;
using NodeAgent.Scheduler.Config;
using NodeAgent.Scheduler.Cycle;

namespace NodeAgent.Scheduler.Tests.Config;

public sealed class ProfileBuilderTests
{
    [Fact]
    public void Build_Defaults_HaveUpstreamsWeights()
    {
        var profile = TestCluster.DefaultProfile();

        Assert.Equal(
            ["TaintToleration 3", "NodeAffinity 2", "NodeResourcesFit 1", "VolumeBinding 1", "PodTopologySpread 2", "InterPodAffinity 2", "DynamicResources 2", "NodeResourcesBalancedAllocation 1", "ImageLocality 1"],
            profile.Score.Select(s => $"{s.Plugin.Name} {s.Weight}"));
        Assert.Equal(["DefaultBinder"], profile.Bind.Select(b => b.Name));
    }

    [Fact]
    public void Build_ScoreDisabledAndAnotherWeight_ChangesThatPointOnly()
    {
        var profile = Build("""
            plugins:
              score:
                disabled: [{name: ImageLocality}]
                enabled: [{name: NodeResourcesFit, weight: 7}]
            """);

        Assert.DoesNotContain(profile.Score, s => s.Plugin.Name == "ImageLocality");
        Assert.Equal(7, profile.Score.Single(s => s.Plugin.Name == "NodeResourcesFit").Weight);
        Assert.Contains(profile.Filter, f => f.Name == "NodeResourcesFit");
    }

    [Fact]
    public void Build_AllFiltersDisabled_HasNone()
    {
        var profile = Build("plugins: {filter: {disabled: [{name: '*'}]}}");

        Assert.Empty(profile.Filter);
        Assert.NotEmpty(profile.Score);
    }

    [Fact]
    public void Build_WrongInSeveralPlaces_ListsEverything()
    {
        var error = Assert.Throws<ConfigException>(() => Build("""
            plugins:
              multiPoint: {enabled: [{name: NoSuchPlugin}]}
            pluginConfig:
              - name: InterPodAffinity
                args: {hardPodAffinityWeight: 101}
              - name: NodeResourcesFit
                args: {scoringStrategy: {type: RequestedToCapacityRatio}}
            """));

        Assert.Equal(3, error.Errors.Count);
        Assert.Contains(error.Errors, e => e.Contains("NoSuchPlugin", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("hardPodAffinityWeight: 101", StringComparison.Ordinal));
        Assert.Contains(error.Errors, e => e.Contains("shape", StringComparison.Ordinal));
    }

    [Fact]
    public void Build_AddedAffinity_IsHeldAgainstNodes()
    {
        var profile = Build("""
            pluginConfig:
              - name: NodeAffinity
                args:
                  addedAffinity:
                    requiredDuringSchedulingIgnoredDuringExecution:
                      nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: In, values: [blue]}]}]
            """);
        var cluster = new TestCluster().With(Make.Node("a", labels: ("pool", "blue")), Make.Node("b"));

        var status = cluster.StatusOn(profile.Filter.Single(f => f.Name == "NodeAffinity"), Make.Pod("p"), "b");

        Assert.Equal("node(s) didn't match scheduler-enforced node affinity", status.Message);
        Assert.True(cluster.StatusOn(profile.Filter.Single(f => f.Name == "NodeAffinity"), Make.Pod("p"), "a").IsSuccess);
    }

    [Theory]
    [InlineData("{name: NodeAffinity, args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: pool, operator: Near}]}]}}}}", "addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0]")]
    [InlineData("{name: NodeAffinity, args: {addedAffinity: {required: {}}}}", "unknown field")]
    [InlineData("{name: NodeAffinity, args: {addedAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 101, preference: {}}]}}}", "weight: 101")]
    [InlineData("{name: VolumeBinding, args: {bindTimeoutSeconds: -1}}", "bindTimeoutSeconds: -1")]
    [InlineData("{name: VolumeBinding, args: {shape: [{utilization: 0, score: 0}]}}", "StorageCapacityScoring")]
    [InlineData("{name: VolumeZone, args: {x: 1}}", "takes no arguments")]
    public void Build_ArgumentsThatCannotBe_AreRefused(string pluginConfig, string expected)
    {
        var error = Assert.Throws<ConfigException>(() => Build($"pluginConfig: [{pluginConfig}]"));

        Assert.Contains(expected, Assert.Single(error.Errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("percentageOfNodesToScore: 101", "percentageOfNodesToScore")]
    [InlineData("podInitialBackoffSeconds: 0", "podInitialBackoffSeconds")]
    [InlineData("podMaxBackoffSeconds: 0", "podMaxBackoffSeconds")]
    [InlineData("profiles: [{schedulerName: a}, {schedulerName: a}]", "profiles[1].schedulerName")]
    [InlineData("leaderElection: {resourceLock: endpoints}", "leaderElection.resourceLock")]
    [InlineData("extenders: [{urlPrefix: 'ftp://x'}]", "extenders[0].urlPrefix")]
    [InlineData("extenders: [{urlPrefix: 'http://x', prioritizeVerb: p}]", "extenders[0].weight")]
    [InlineData("extenders: [{urlPrefix: 'http://x', bindVerb: b}, {urlPrefix: 'http://y', bindVerb: b}]", "extenders: only one")]
    [InlineData("extenders: [{urlPrefix: 'http://x', managedResources: [{name: cpu}]}]", "extenders[0].managedResources: \"cpu\"")]
    [InlineData("extenders: [{urlPrefix: 'http://x', managedResources: [{name: a.b/c}, {name: a.b/c}]}]", "extenders[0].managedResources: \"a.b/c\" is managed twice")]
    public void Validate_Impossible_NamesTheField(string yaml, string field)
    {
        Assert.Contains(Read(yaml).Validate(), e => e.StartsWith(field, StringComparison.Ordinal));
    }

    [Fact]
    public void Read_UnknownField_IsRefused() => Assert.Throws<ConfigException>(() => Read("percentageOfNodesToScor: 5"));

    private static Profile Build(string profile)
    {
        var lines = profile.Split('\n').Select((l, i) => (i == 0 ? "  - " : "    ") + l);
        return TestCluster.DefaultProfile(config: Read("profiles:\n" + string.Join('\n', lines)).Profiles[0]);
    }

    private static KubeSchedulerConfiguration Read(string yaml) =>
        ConfigReader.Read<KubeSchedulerConfiguration>($"apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n{yaml}\n", "config.yaml", KubeSchedulerConfiguration.Kind).Value;
}
