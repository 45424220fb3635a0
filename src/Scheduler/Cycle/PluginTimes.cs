using System.Collections.Concurrent;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>
/// How long plugins take: those of an extension point together in every attempt, each alone in one attempt of ten, which is
/// the share that upstream samples.
/// </summary>
internal sealed class PluginTimes(MetricsRegistry registry, TimeProvider time)
{
    private const int OneIn = 10;

    private readonly Histogram _points = registry.CreateHistogram(
        "scheduler_framework_extension_point_duration_seconds", "Latency for running all plugins of a specific extension point.", HistogramBuckets.Exponential(0.0001, 2, 12), "extension_point", "status", "profile");

    private readonly Histogram _plugins = registry.CreateHistogram(
        "scheduler_plugin_execution_duration_seconds", "Duration for running a plugin at a specific extension point.", HistogramBuckets.Exponential(0.00001, 1.5, 20), "plugin", "extension_point", "status");

    private readonly Counter _evaluations = registry.CreateCounter(
        "scheduler_plugin_evaluation_total", "Attempts in which a plugin was asked; of PreFilter, Filter, PreScore and Score.", "plugin", "extension_point", "profile");

    private readonly ConcurrentDictionary<(string Point, string Plugin, string Profile), CounterSeries> _evaluated = new();

    private long _attempts;

    /// <summary>An attempt begins. Called by the decision loop.</summary>
    public AttemptTimes Attempt(string profile) => new(this, profile, _attempts++ % OneIn == 0);

    internal long Now() => time.GetTimestamp();

    internal void Evaluated(string point, string profile, IPlugin plugin)
    {
        if (point is "PreFilter" or "Filter" or "PreScore" or "Score")
        {
            _evaluated.GetOrAdd((point, plugin.Name, profile), static (key, counter) => counter.WithLabels(key.Plugin, key.Point, key.Profile), _evaluations).Inc();
        }
    }

    internal void PointEnded(string point, string profile, Status status, long start) =>
        _points.WithLabels(point, status.Code.ToString(), profile).Observe(time.GetElapsedTime(start).TotalSeconds);

    internal void PluginEnded(string point, IPlugin plugin, Status status, long start) =>
        _plugins.WithLabels(plugin.Name, point, status.Code.ToString()).Observe(time.GetElapsedTime(start).TotalSeconds);
}
