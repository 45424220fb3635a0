using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Metrics;

public class PodMetricsTests
{
    private readonly MetricsRegistry _registry = new();
    private readonly PodMetrics _metrics;

    public PodMetricsTests() => _metrics = new PodMetrics(_registry, new FakeTimeProvider());

    [Fact]
    public void Rejected_ReasonsOfOthers_AreCountedTogether()
    {
        _metrics.Rejected("OutOfcpu");
        _metrics.Rejected("OutOfexample.com/gpu");
        _metrics.Rejected("NodeAffinity");
        _metrics.Rejected("of-a-plugin");

        Assert.Contains("kubelet_admission_rejections_total{reason=\"OutOfcpu\"} 1\n", Text());
        Assert.Contains("kubelet_admission_rejections_total{reason=\"OutOfExtendedResources\"} 1\n", Text());
        Assert.Contains("kubelet_admission_rejections_total{reason=\"Other\"} 2\n", Text());
    }

    [Fact]
    public void StatusChanged_EndOfAContainer_IsCountedOnce()
    {
        var running = new PodStatus { ContainerStatuses = { new ContainerStatus { Name = "web", State = new ContainerState { Running = new ContainerStateRunning() } } } };
        var ended = new PodStatus { ContainerStatuses = { new ContainerStatus { Name = "web", State = new ContainerState { Terminated = new ContainerStateTerminated { ExitCode = 137, Reason = "OOMKilled" } } } } };

        _metrics.StatusChanged(null, running);
        _metrics.StatusChanged(running, ended);
        _metrics.StatusChanged(ended, ended);

        Assert.Contains("kubelet_terminated_containers_total{container_type=\"container\",exit_code=\"137\",reason=\"OOMKilled\"} 1\n", Text());
    }

    [Fact]
    public async Task StartAsync_PodWithUsersOfItsOwn_IsCounted_AndItsFailure()
    {
        var pod = new Pod { Spec = new PodSpec { HostUsers = false } };

        await _metrics.StartAsync(pod, () => Task.FromResult("id"));
        await Assert.ThrowsAsync<IOException>(() => _metrics.StartAsync(pod, () => throw new IOException()));
        await _metrics.StartAsync(new Pod { Spec = new PodSpec() }, () => Task.FromResult("id"));
        _metrics.FirstStartFailed(pod);
        _metrics.FirstStartFailed(new Pod { Spec = new PodSpec() });

        Assert.Contains("kubelet_started_user_namespaced_pods_total 2\n", Text());
        Assert.Contains("kubelet_started_user_namespaced_pods_errors_total 2\n", Text());
    }

    [Theory]
    [InlineData(0, "N/A")]
    [InlineData(1, "0-10MB")]
    [InlineData(10L << 20, "0-10MB")]
    [InlineData((10L << 20) + 1, "10MB-100MB")]
    [InlineData(101L << 30, "GT100GB")]
    public void SizeLabel_OfAnImage_IsUpstreams(long size, string label) => Assert.Equal(label, ImageMetrics.SizeLabel((ulong)size));

    private string Text() => Encoding.UTF8.GetString(_registry.Expose().Span);
}
