using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The scheduler's metrics, by upstream's names.</summary>
internal sealed class SchedulerMetrics
{
    private readonly MetricsRegistry _registry;
    private readonly Counter _attempts;
    private readonly Histogram _attemptDuration;
    private readonly Histogram _algorithmDuration;
    private readonly Histogram _sliDuration;
    private readonly Histogram _attemptsPerPod;
    private readonly Counter _incoming;
    private readonly Counter _preemptionAttempts;
    private readonly Histogram _preemptionVictims;
    private readonly Histogram _permitWait;
    private readonly Gauge _pending;
    private readonly Gauge _cacheSize;
    private readonly Gauge _unschedulable;
    private readonly Gauge _inFlightEvents;
    private readonly HashSet<(string Plugin, string Profile)> _refusing = [];
    private readonly Gauge _running;
    private readonly Histogram _eventHandling;
    private readonly Counter _afterFlush;
    private readonly Counter _preparations;
    private readonly Histogram _preparationDuration;
    private Counter? _groupAttempts;
    private Histogram? _groupDuration;
    private Histogram? _groupAlgorithm;

    public SchedulerMetrics(MetricsRegistry registry, TimeProvider time)
    {
        _registry = registry;
        Plugins = new PluginTimes(registry, time);
        var attempt = HistogramBuckets.Exponential(0.001, 2, 15);
        _attempts = registry.CreateCounter("scheduler_schedule_attempts_total", "Attempts to schedule pods, by their result: scheduled, unschedulable (no node fits) or error.", "profile", "result");
        _attemptDuration = registry.CreateHistogram("scheduler_scheduling_attempt_duration_seconds", "How long attempts took, binding included.", attempt, "profile", "result");
        _algorithmDuration = registry.CreateHistogram("scheduler_scheduling_algorithm_duration_seconds", "How long finding a node took.", attempt);
        _sliDuration = registry.CreateHistogram("scheduler_pod_scheduling_sli_duration_seconds", "From a pod's first attempt to its binding, over all attempts.", HistogramBuckets.Exponential(0.01, 2, 20), "attempts");
        _attemptsPerPod = registry.CreateHistogram("scheduler_pod_scheduling_attempts", "How many attempts it took to schedule a pod.", HistogramBuckets.Exponential(1, 2, 5));
        _incoming = registry.CreateCounter("scheduler_queue_incoming_pods_total", "Pods that entered a queue, by the event that put them there.", "event", "queue");
        _preemptionAttempts = registry.CreateCounter("scheduler_preemption_attempts_total", "Attempts to make room by preemption.");
        _preemptionVictims = registry.CreateHistogram("scheduler_preemption_victims", "Victims per preemption.", HistogramBuckets.Exponential(1, 2, 7));
        _permitWait = registry.CreateHistogram("scheduler_permit_wait_duration_seconds", "How long pods waited on permit.", attempt, "result");
        _pending = registry.CreateGauge("scheduler_pending_pods", "Pods that have no node yet, by queue.", "queue");
        _cacheSize = registry.CreateGauge("scheduler_cache_size", "Nodes, pods and assumed pods in the cache.", "type");
        _unschedulable = registry.CreateGauge("scheduler_unschedulable_pods", "Pods that wait because the plugin refused them; one that several refused counts for each.", "plugin", "profile");
        _inFlightEvents = registry.CreateGauge("scheduler_inflight_events", "Events kept for attempts under way, so that none is missed.", "event");
        _eventHandling = registry.CreateHistogram("scheduler_event_handling_duration_seconds", "How long taking over a change of the cluster took.", HistogramBuckets.Exponential(0.0001, 2, 12), "event");
        _afterFlush = registry.CreateCounter("scheduler_pod_scheduled_after_flush_total", "Pods that were scheduled after no event had woken them for as long as pods wait at most: a sign of wrong queueing hints.");
        _preparations = registry.CreateCounter("scheduler_preemption_goroutines_execution_total", "Times that victims were told to leave, beside the decision loop.", "result");
        _preparationDuration = registry.CreateHistogram("scheduler_preemption_goroutines_duration_seconds", "How long telling the victims of a pod to leave took.", HistogramBuckets.Exponential(0.01, 2, 20), "result");
        _running = registry.CreateGauge("scheduler_goroutines", "Work that runs beside the decision loop, by kind.", "operation");
    }

    public PluginTimes Plugins { get; }

    public void ObserveDecision(TimeSpan took) => _algorithmDuration.Observe(took.TotalSeconds);

    public void CountIncoming(QueuePlace place, string reason) => _incoming.WithLabels(reason, NameOf(place)).Inc();

    public void CountBound(string profile, QueuedPod pod, TimeSpan attempt, DateTimeOffset now)
    {
        _attempts.WithLabels(profile, "scheduled").Inc();
        _attemptDuration.WithLabels(profile, "scheduled").Observe(attempt.TotalSeconds);
        _attemptsPerPod.Observe(pod.Attempts);
        var attempts = pod.Attempts >= 15 ? "15+" : pod.Attempts.ToString(CultureInfo.InvariantCulture);
        if (pod.WasFlushed)
        {
            _afterFlush.Inc();
        }

        _sliDuration.WithLabels(attempts).Observe((now - (pod.FirstAttempt ?? now)).TotalSeconds);
    }

    public void CountFailed(string profile, bool isUnschedulable, TimeSpan attempt)
    {
        var result = isUnschedulable ? "unschedulable" : "error";
        _attempts.WithLabels(profile, result).Inc();
        _attemptDuration.WithLabels(profile, result).Observe(attempt.TotalSeconds);
    }

    public void CountPreemption(int victims)
    {
        _preemptionAttempts.Inc();
        if (victims > 0)
        {
            _preemptionVictims.Observe(victims);
        }
    }

    /// <remarks>Series of groups are there only where groups are, as upstream's are only with the gate GenericWorkload.</remarks>
    public void CountGroup(string profile, string result, TimeSpan attempt)
    {
        _groupAttempts ??= _registry.CreateCounter("scheduler_podgroup_schedule_attempts_total", "Attempts to schedule pod groups, by their result: scheduled, unschedulable, waiting_on_preemption or error.", "profile", "result");
        _groupDuration ??= _registry.CreateHistogram("scheduler_podgroup_scheduling_attempt_duration_seconds", "How long attempts to schedule pod groups took, binding not included.", HistogramBuckets.Exponential(0.001, 2, 15), "profile", "result");
        _groupAttempts.WithLabels(profile, result).Inc();
        _groupDuration.WithLabels(profile, result).Observe(attempt.TotalSeconds);
    }

    public void ObserveGroupDecision(TimeSpan took)
    {
        _groupAlgorithm ??= _registry.CreateHistogram("scheduler_podgroup_scheduling_algorithm_duration_seconds", "How long finding nodes for the pods of a group took.", HistogramBuckets.Exponential(0.001, 2, 15));
        _groupAlgorithm.Observe(took.TotalSeconds);
    }

    public void ObserveEvent(string label, TimeSpan took) => _eventHandling.WithLabels(label).Observe(took.TotalSeconds);

    public void CountPreparation(bool isDone, TimeSpan took)
    {
        var result = isDone ? "success" : "error";
        _preparations.WithLabels(result).Inc();
        _preparationDuration.WithLabels(result).Observe(took.TotalSeconds);
    }

    public void ObservePermitWait(bool isAllowed, TimeSpan waited) => _permitWait.WithLabels(isAllowed ? "Success" : "Unschedulable").Observe(waited.TotalSeconds);

    /// <summary>Called by the loop now and then: the queue belongs to it, so scrapes must not look into it.</summary>
    public void SetSizes(SchedulingQueue queue, Cache.ClusterCache cache, int bindings)
    {
        _pending.WithLabels("active").Set(queue.ActiveCount);
        _pending.WithLabels("backoff").Set(queue.BackoffCount);
        _pending.WithLabels("unschedulable").Set(queue.UnschedulableCount);
        _pending.WithLabels("gated").Set(queue.GatedCount);
        _cacheSize.WithLabels("nodes").Set(cache.Nodes.Count);
        _cacheSize.WithLabels("pods").Set(cache.PodCount);
        _cacheSize.WithLabels("assumed_pods").Set(cache.AssumedCount);
        _running.WithLabels("binding").Set(bindings);
        _inFlightEvents.WithLabels("PodPopped").Set(queue.InFlightCount);
        _inFlightEvents.WithLabels("Any").Set(queue.InFlightEventCount);
        SetUnschedulable(queue);
    }

    private void SetUnschedulable(SchedulingQueue queue)
    {
        var counts = queue.Pods
            .Where(p => p.Place is QueuePlace.Unschedulable or QueuePlace.Backoff)
            .SelectMany(p => p.RejectedBy.Select(plugin => (Plugin: plugin, Profile: p.Pod.Template.SchedulerName)))
            .GroupBy(k => k)
            .ToDictionary(g => g.Key, g => g.Count());
        _refusing.UnionWith(counts.Keys);
        foreach (var key in _refusing)
        {
            _unschedulable.WithLabels(key.Plugin, key.Profile).Set(counts.GetValueOrDefault(key));
        }
    }

    private static string NameOf(QueuePlace place) => place switch
    {
        QueuePlace.Active => "active",
        QueuePlace.Backoff => "backoff",
        _ => "unschedulable",
    };
}
