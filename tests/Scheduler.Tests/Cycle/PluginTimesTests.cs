using System.Globalization;
using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;
using NodeAgent.Scheduler.Plugins.PrioritySort;
using NodeAgent.Testing;

namespace NodeAgent.Scheduler.Tests.Cycle;

/// <summary>Node-local plugins are asked while the template's result is brought up to date; that is their time too.</summary>
public sealed class PluginTimesTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _metrics = new();
    private readonly TestCluster _cluster = new TestCluster().With(Make.Node("a"), Make.Node("b"));
    private readonly LocalPlugin _plugin;

    public PluginTimesTests() => _plugin = new LocalPlugin(_time);

    [Fact]
    public void Decide_NodeLocalPlugin_ItsTimeWithTheNodesThatChangedCounts()
    {
        Decide();

        Assert.Equal(0.25, SumOf("Filter"), 0.001);
        Assert.Contains("scheduler_plugin_execution_duration_seconds_count{plugin=\"Local\",extension_point=\"Score\",status=\"Success\"} 1\n", Text());
        Assert.Equal(0.5, SumOf("Score"), 0.001);
        Assert.Contains("scheduler_plugin_evaluation_total{plugin=\"Local\",extension_point=\"Filter\",profile=\"default-scheduler\"} 1\n", Text());
    }

    [Theory]
    [InlineData("Filter")]
    [InlineData("Score")]
    public void Decide_NodeLocalPluginThrows_TheTimeOfFilterEndsWithAnError(string point)
    {
        _plugin.Throws = point;

        var error = Assert.Throws<PluginFailedException>(Decide);

        Assert.Equal("Local", error.Status.Plugin);
        Assert.Contains("scheduler_framework_extension_point_duration_seconds_count{extension_point=\"Filter\",status=\"Error\",profile=\"default-scheduler\"} 1\n", Text());
        Assert.Contains($"scheduler_plugin_execution_duration_seconds_count{{plugin=\"Local\",extension_point=\"{point}\",status=\"Error\"}} 1\n", Text());
    }

    private double SumOf(string point)
    {
        var name = $"scheduler_plugin_execution_duration_seconds_sum{{plugin=\"Local\",extension_point=\"{point}\",status=\"Success\"}} ";
        return double.Parse(Text().Split('\n').Single(l => l.StartsWith(name, StringComparison.Ordinal))[name.Length..], CultureInfo.InvariantCulture);
    }

    private string Text() => Encoding.UTF8.GetString(_metrics.Expose().Span);

    private void Decide()
    {
        var profile = new Profile("default-scheduler") { QueueSort = new PrioritySortPlugin(), Filter = [_plugin], Score = [new WeightedScore(_plugin, 1)], Plugins = [_plugin] };
        var state = new CycleState();
        new PluginTimes(_metrics, _time).Attempt("default-scheduler").AttachTo(state);
        new Decider(profile, _cluster.Cache.Nodes, _cluster.Nominations, new Random(1)).Decide(_cluster.Parse(Make.Pod("p")), state);
    }

    /// <summary>Takes a quarter of a second to filter, half a second to score.</summary>
    private sealed class LocalPlugin(FakeTimeProvider time) : IFilterPlugin, IScorePlugin, INodeLocal
    {
        public string Name => "Local";

        public string Throws { get; set; } = "";

        public void Filter(CycleState state, PodInfo pod, NodeFilter nodes) => Work("Filter", 0.25);

        public Status Score(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores)
        {
            Work("Score", 0.5);
            return Status.Success;
        }

        public Status Normalize(CycleState state, PodInfo pod, INodeTable nodes, ReadOnlySpan<int> slots, Span<long> scores) => Status.Success;

        private void Work(string point, double seconds)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            if (Throws == point)
            {
                throw new InvalidOperationException("out of order");
            }
        }
    }
}
