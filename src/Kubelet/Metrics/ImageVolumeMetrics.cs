using NodeAgent.Hosting.Metrics;

namespace NodeAgent.Kubelet.Metrics;

/// <summary>Images that containers mount as volumes: counted for each start of a container, as upstream does.</summary>
internal sealed class ImageVolumeMetrics(MetricsRegistry registry)
{
    /// <summary>How engines begin this error; it is part of CRI.</summary>
    private const string MountFailed = "ImageVolumeMountFailed";

    private readonly Counter _requested = registry.CreateCounter("kubelet_image_volume_requested_total", "Number of requested image volumes.");
    private readonly Counter _mounted = registry.CreateCounter("kubelet_image_volume_mounted_succeed_total", "Number of successful image volume mounts.");
    private readonly Counter _failed = registry.CreateCounter("kubelet_image_volume_mounted_errors_total", "Number of failed image volume mounts.");

    /// <param name="error">Why the container was not started; null when it was.</param>
    public void Started(Pod pod, Container container, string? error)
    {
        var images = container.VolumeMounts.Count(m => pod.Spec.Volumes.Any(v => v.Name == m.Name && v.VolumeSource?.Image is not null));
        _requested.Inc(images);
        if (error is null)
        {
            _mounted.Inc(images);
        }
        else if (error.Contains(MountFailed, StringComparison.Ordinal))
        {
            _failed.Inc(images);
        }
    }
}
