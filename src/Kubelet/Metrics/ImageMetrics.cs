using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Images that came and went.</summary>
internal sealed class ImageMetrics(MetricsRegistry registry)
{
    private const ulong Mega = 1024 * 1024;
    private const ulong Giga = 1024 * Mega;
    private static readonly double[] PullBuckets = [1, 5, 10, 20, 30, 60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600];

    private static readonly (ulong Above, string Label)[] Sizes =
    [
        (100 * Giga, "GT100GB"), (60 * Giga, "60GB-100GB"), (40 * Giga, "40GB-60GB"), (30 * Giga, "30GB-40GB"), (20 * Giga, "20GB-30GB"), (10 * Giga, "10GB-20GB"),
        (5 * Giga, "5GB-10GB"), (Giga, "1GB-5GB"), (500 * Mega, "500MB-1GB"), (100 * Mega, "100MB-500MB"), (10 * Mega, "10MB-100MB"), (0, "0-10MB"),
    ];

    private readonly Histogram _pulls = registry.CreateHistogram("kubelet_image_pull_duration_seconds", "Duration in seconds to pull an image.", PullBuckets, "image_size_in_bytes");
    private readonly Counter _removed = registry.CreateCounter("kubelet_image_garbage_collected_total", "Total number of images garbage collected by the kubelet, whether through disk usage or image age.", "reason");

    private readonly Counter _asked = registry.CreateCounter("kubelet_image_manager_ensure_image_requests_total", "Number of ensure-image requests processed by the kubelet.", "pull_policy", "present_locally", "pull_required");

    /// <summary>A container was about to start.</summary>
    /// <param name="policy">The container's pull policy.</param>
    /// <param name="isPresent">Null when nobody looked.</param>
    public void Asked(string policy, bool? isPresent, bool isPullNeeded) => _asked.WithLabels(policy.ToLowerInvariant(), isPresent switch { true => "true", false => "false", _ => "unknown" }, isPullNeeded ? "true" : "false").Inc();

    /// <param name="size">In bytes; 0 when the engine does not say.</param>
    public void Pulled(ulong size, TimeSpan took) => _pulls.WithLabels(SizeLabel(size)).Observe(took.TotalSeconds);

    /// <param name="reason">age or space.</param>
    public void Removed(string reason) => _removed.WithLabels(reason).Inc();

    internal static string SizeLabel(ulong size) => size == 0 ? "N/A" : Sizes.First(s => size > s.Above).Label;
}
