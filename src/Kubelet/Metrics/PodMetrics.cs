using System.Globalization;
using NodeAgent.Hosting.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>What happens to pods, counted under upstream's names.</summary>
internal sealed class PodMetrics(MetricsRegistry registry, TimeProvider time)
{
    private static readonly double[] StatusBuckets = [0.010, 0.050, 0.100, 0.500, 1, 5, 10, 20, 30, 45, 60];
    private static readonly double[] ContainerBuckets = [1, 2, 4, 8, 16];

    /// <summary>A pod's creator chooses among reasons of its own too: others are counted together.</summary>
    private static readonly HashSet<string> KnownRejections =
    [
        "AppArmor", "PodOSSelectorNodeLabelDoesNotMatch", "PodOSNotSupported", "SupplementalGroupsPolicyNotSupported", "UnexpectedAdmissionError",
        "OutOfcpu", "OutOfmemory", "OutOfephemeral-storage", "OutOfpods", "PodLevelResourcesNotSupported", "PodFeatureUnsupported",
        "Evicted", "SysctlForbidden", "TopologyAffinityError", "NodeShutdown", "VolumeAttachmentLimitExceeded",
    ];

    private readonly Counter _rejections = registry.CreateCounter("kubelet_admission_rejections_total", "Cumulative number pod admission rejections by the Kubelet.", "reason");
    private readonly Counter _preemptions = registry.CreateCounter("kubelet_preemptions", "Cumulative number of pod preemptions by preemption resource", "preemption_signal");
    private readonly Counter _evictions = registry.CreateCounter("kubelet_evictions", "Cumulative number of pod evictions by eviction signal", "eviction_signal");
    private readonly Histogram _evictionAges = registry.CreateHistogram("kubelet_eviction_stats_age_seconds", "Time between when stats are collected, and when pod is evicted based on those stats by eviction signal", "eviction_signal");
    private readonly Counter _orphans = registry.CreateCounter("kubelet_orphaned_runtime_pods_total", "Number of pods that have been detected in the container runtime without being already known to the pod worker.");
    private readonly Histogram _work = registry.CreateHistogram("kubelet_pod_worker_duration_seconds", "Duration in seconds to sync a single pod. Broken down by operation type: create, update, or sync", "operation_type");
    private readonly Histogram _workerStarts = registry.CreateHistogram("kubelet_pod_worker_start_duration_seconds", "Duration in seconds from kubelet seeing a pod to starting a worker.");
    private readonly Histogram _containersPerPod = registry.CreateHistogram("kubelet_containers_per_pod_count", "The number of containers per pod.", ContainerBuckets);
    private readonly Counter _started = registry.CreateCounter("kubelet_started_containers_total", "Cumulative number of containers started", "container_type");
    private readonly Counter _startErrors = registry.CreateCounter("kubelet_started_containers_errors_total", "Cumulative number of errors when starting containers", "container_type", "code");
    private readonly Counter _terminated = registry.CreateCounter("kubelet_terminated_containers_total", "Cumulative number of container terminations.", "container_type", "exit_code", "reason");
    private readonly Histogram _looks = registry.CreateHistogram("kubelet_pleg_pod_relist_duration_seconds", "Duration in seconds for relisting a single pod in PLEG");
    private readonly Counter _withUsers = registry.CreateCounter("kubelet_started_user_namespaced_pods_total", "Cumulative number of pods with user namespaces started. This metric will only be incremented when the UserNamespacesSupport feature gate is enabled.");
    private readonly Counter _withUsersErrors = registry.CreateCounter("kubelet_started_user_namespaced_pods_errors_total", "Cumulative number of errors when starting pods with user namespaces. This metric will only be incremented when the UserNamespacesSupport feature gate is enabled.");
    private readonly Counter _restarted = registry.CreateCounter("kubelet_restarted_pods_total", "Number of pods that have been restarted because they were deleted and recreated with the same UID while the kubelet was watching them (common for static pods, extremely uncommon for API pods)", "static");
    private readonly Histogram _statusWrites = registry.CreateHistogram("kubelet_pod_status_sync_duration_seconds", "Duration in seconds to sync a pod status update. Measures time from detection of a change to pod status until the API is successfully updated for that pod.", StatusBuckets);

    public PodStarts Starts { get; } = new(registry, time);

    public ResizeMetrics Resizes { get; } = new(registry);

    public ImageVolumeMetrics ImageVolumes { get; } = new(registry);

    public void Rejected(string reason) => _rejections.WithLabels(
        KnownRejections.Contains(reason) ? reason : reason.StartsWith("OutOf", StringComparison.Ordinal) ? "OutOfExtendedResources" : "Other").Inc();

    /// <param name="resource">What the critical pod was short of first.</param>
    public void Preempted(string resource) => _preemptions.WithLabels(resource).Inc();

    /// <param name="signal">What the node, or the pod by its own limits, was out of.</param>
    /// <param name="age">Since when it was measured.</param>
    public void Evicted(string signal, TimeSpan age)
    {
        _evictions.WithLabels(signal).Inc();
        _evictionAges.WithLabels(signal).Observe(age.TotalSeconds);
    }

    /// <summary>A pod came back under the UID of one that had not gone yet.</summary>
    public void Restarted(Pod pod) => _restarted.WithLabels(pod.IsStatic() ? "true" : "").Inc();

    public void FoundOrphan() => _orphans.Inc();

    /// <summary>The engine is asked about one pod.</summary>
    public HistogramTimer Looking() => _looks.WithLabels().NewTimer(time);

    /// <summary>Counts the making of a pod's sandbox, when the pod has a user namespace of its own.</summary>
    public async Task<string> StartAsync(Pod pod, Func<Task<string>> makeSandbox)
    {
        if (!UserNamespaces.IsWanted(pod))
        {
            return await makeSandbox();
        }

        _withUsers.Inc();
        try
        {
            return await makeSandbox();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _withUsersErrors.Inc();
            throw;
        }
    }

    /// <summary>A container did not start in a sandbox that had just been made.</summary>
    public void FirstStartFailed(Pod pod)
    {
        if (UserNamespaces.IsWanted(pod))
        {
            _withUsersErrors.Inc();
        }
    }

    /// <param name="waited">Since the pod came from its source.</param>
    public void WorkerStarted(Pod pod, TimeSpan waited)
    {
        _containersPerPod.Observe(pod.Spec.Containers.Count);
        _workerStarts.Observe(waited.TotalSeconds);
    }

    /// <param name="operation">create, sync, kill or terminated.</param>
    public async Task<T> WorkAsync<T>(string operation, Func<Task<T>> step)
    {
        using var timer = _work.WithLabels(operation).NewTimer(time);
        return await step();
    }

    public void Starting(ContainerKind kind) => _started.WithLabels(TypeOf(kind)).Inc();

    /// <param name="reason">As the container's status tells it.</param>
    public void StartFailed(ContainerKind kind, string reason) => _startErrors.WithLabels(TypeOf(kind), reason).Inc();

    /// <summary>Counts the containers that the one status shows ended and the one before it did not.</summary>
    public void StatusChanged(PodStatus? before, PodStatus after)
    {
        Count(ContainerKind.Init, before?.InitContainerStatuses, after.InitContainerStatuses);
        Count(ContainerKind.Main, before?.ContainerStatuses, after.ContainerStatuses);
        Count(ContainerKind.Ephemeral, before?.EphemeralContainerStatuses, after.EphemeralContainerStatuses);

        void Count(ContainerKind kind, IEnumerable<ContainerStatus>? old, IEnumerable<ContainerStatus> current)
        {
            foreach (var container in current.Where(c => c.State?.Terminated is not null && old?.FirstOrDefault(o => o.Name == c.Name)?.State?.Terminated is null))
            {
                var end = container.State.Terminated;
                _terminated.WithLabels(TypeOf(kind), end.ExitCode.ToString(CultureInfo.InvariantCulture), end.Reason).Inc();
            }
        }
    }

    public void StatusWritten(TimeSpan took) => _statusWrites.Observe(took.TotalSeconds);

    private static string TypeOf(ContainerKind kind) => kind switch
    {
        ContainerKind.Init or ContainerKind.Sidecar => "init_container",
        ContainerKind.Ephemeral => "ephemeral_container",
        _ => "container",
    };
}
