using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>
/// How long pods take to start. The service level indicator of SIG Scalability counts from a pod's creation until the API
/// shows all its containers started, without the time for pulls and init containers, and leaves out pods that had to wait
/// for the scheduler and pods with volumes that outlive them.
/// </summary>
internal sealed class PodStarts
{
    private static readonly double[] Buckets = [0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];

    private readonly Lock _lock = new();
    private readonly Dictionary<PodUid, Start> _starting = [];
    private readonly TimeProvider _time;
    private readonly Histogram _running;
    private readonly Histogram _indicator;
    private readonly Histogram _total;
    private readonly Gauge _firstWithNetwork;
    private bool _hadNetwork;

    public PodStarts(MetricsRegistry registry, TimeProvider time)
    {
        _time = time;
        _running = registry.CreateHistogram("kubelet_pod_start_duration_seconds", "Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run", Buckets);
        _indicator = registry.CreateHistogram(
            "kubelet_pod_start_sli_duration_seconds",
            "Duration in seconds to start a pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch",
            Buckets);
        _total = registry.CreateHistogram(
            "kubelet_pod_start_total_duration_seconds",
            "Duration in seconds to start a pod since creation, including time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch",
            Buckets);
        _firstWithNetwork = registry.CreateGauge(
            "kubelet_first_network_pod_start_sli_duration_seconds",
            "Duration in seconds to start the first network pod, excluding time to pull images and run init containers, measured from pod creation timestamp to when all its containers are reported as started and observed via watch");
    }

    /// <summary>A source has the pod, or a new version of it, which for a pod of the API carries the status that was written.</summary>
    public void Seen(Pod pod)
    {
        lock (_lock)
        {
            if (!_starting.TryGetValue(pod.Uid(), out var start))
            {
                if (pod.Status?.StartTime is null && !PodSpecs.IsTerminal(pod.Status?.Phase ?? ""))
                {
                    _starting[pod.Uid()] = new Start { SeenAt = _time.GetTimestamp(), IsLeftOut = HadToWait(pod) };
                }
            }
            else if (!start.IsTold && !start.IsLeftOut && !pod.IsStatic() && AllStarted(pod))
            {
                start.IsTold = true;
                Tell(pod, start);
            }
        }
    }

    /// <summary>The pod's phase as it was composed now.</summary>
    public void PhaseIs(PodUid uid, string phase)
    {
        lock (_lock)
        {
            if (phase == "Running" && _starting.TryGetValue(uid, out var start) && !start.IsRunning)
            {
                start.IsRunning = true;
                _running.Observe(_time.GetElapsedTime(start.SeenAt).TotalSeconds);
            }
        }
    }

    /// <summary>An image is being pulled for the pod. Pulls at the same time count once.</summary>
    public void Pulling(PodUid uid)
    {
        lock (_lock)
        {
            if (_starting.TryGetValue(uid, out var start) && start.Pulls++ == 0)
            {
                start.PullingSince = _time.GetTimestamp();
            }
        }
    }

    public void PullEnded(PodUid uid)
    {
        lock (_lock)
        {
            if (_starting.TryGetValue(uid, out var start) && --start.Pulls == 0)
            {
                start.Pulled += _time.GetElapsedTime(start.PullingSince);
            }
        }
    }

    public void Forget(PodUid uid)
    {
        lock (_lock)
        {
            _starting.Remove(uid);
        }
    }

    private void Tell(Pod pod, Start start)
    {
        var total = _time.GetUtcNow() - pod.Metadata.CreationTimestamp.ToDateTimeOffset();
        _total.Observe(total.TotalSeconds);
        if (pod.Spec.Volumes.Any(OutlivesThePod))
        {
            return;
        }

        var indicator = total - start.Pulled - InitTime(pod);
        _indicator.Observe(indicator.TotalSeconds);
        if (!pod.Spec.HostNetwork && !_hadNetwork)
        {
            _hadNetwork = true;
            _firstWithNetwork.Set(indicator.TotalSeconds);
        }
    }

    private static bool HadToWait(Pod pod) => pod.Status?.Conditions.Any(c => c is { Type: "PodScheduled", Status: "False" }) == true;

    private static bool AllStarted(Pod pod) =>
        pod.Metadata.CreationTimestamp is not null && pod.Status is { ContainerStatuses: { Count: > 0 } containers } && containers.All(c => c.State?.Running?.StartedAt is not null);

    private static bool OutlivesThePod(Volume volume) =>
        volume.VolumeSource is not ({ Secret: not null } or { ConfigMap: not null } or { DownwardAPI: not null } or { EmptyDir: not null } or { Projected: not null });

    private static TimeSpan InitTime(Pod pod) => pod.Status.InitContainerStatuses
        .Select(c => c.State?.Terminated)
        .Where(t => t?.StartedAt is not null && t.FinishedAt is not null)
        .Aggregate(TimeSpan.Zero, (sum, t) => sum + (t!.FinishedAt.ToDateTimeOffset() - t.StartedAt.ToDateTimeOffset()));

    private sealed class Start
    {
        public long SeenAt { get; init; }

        public bool IsLeftOut { get; init; }

        public bool IsRunning { get; set; }

        public bool IsTold { get; set; }

        public int Pulls { get; set; }

        public long PullingSince { get; set; }

        public TimeSpan Pulled { get; set; }
    }
}
