using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Metrics;

public class ImageVolumeMetricsTests
{
    [Fact]
    public void Started_WithImagesAsVolumes_EachIsCountedAsWhatBecameOfIt()
    {
        var registry = new MetricsRegistry();
        var metrics = new ImageVolumeMetrics(registry);
        var pod = new PodBuilder().Container("main").Build();
        pod.Spec.Volumes.Add(new Volume { Name = "image", VolumeSource = new VolumeSource { Image = new ImageVolumeSource { Reference = "r" } } });
        pod.Spec.Volumes.Add(new Volume { Name = "other", VolumeSource = new VolumeSource { EmptyDir = new EmptyDirVolumeSource() } });
        pod.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "image" });
        pod.Spec.Containers[0].VolumeMounts.Add(new VolumeMount { Name = "other" });

        metrics.Started(pod, pod.Spec.Containers[0], error: null);
        metrics.Started(pod, pod.Spec.Containers[0], "ImageVolumeMountFailed: no such layer");
        metrics.Started(pod, pod.Spec.Containers[0], "no such program");

        var text = Encoding.UTF8.GetString(registry.Expose().Span);
        Assert.Contains("kubelet_image_volume_requested_total 3\n", text, StringComparison.Ordinal);
        Assert.Contains("kubelet_image_volume_mounted_succeed_total 1\n", text, StringComparison.Ordinal);
        Assert.Contains("kubelet_image_volume_mounted_errors_total 1\n", text, StringComparison.Ordinal);
    }
}
