using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Tests.Builders;

namespace NodeAgent.Kubelet.Tests.Metrics;

public class ResizeMetricsTests
{
    private readonly MetricsRegistry _registry = new();
    private readonly ResizeMetrics _metrics;

    public ResizeMetricsTests() => _metrics = new ResizeMetrics(_registry);

    [Theory]
    [InlineData("100m", "200m", "increase")]
    [InlineData("200m", "100m", "decrease")]
    [InlineData("", "100m", "add")]
    [InlineData("100m", "", "remove")]
    public void Requested_OneAmountDiffers_IsCountedByWhatBecomesOfIt(string before, string after, string operation)
    {
        _metrics.Requested(Pod(before), Pod(after));

        Assert.Contains($"kubelet_container_requested_resizes_total{{resource=\"cpu\",requirement=\"limits\",operation=\"{operation}\"}} 1\n", Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("requirement=\"requests\"", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void Carried_InMilliseconds()
    {
        _metrics.Carried(succeeded: true, TimeSpan.FromMilliseconds(70.5));

        Assert.Contains("kubelet_pod_resize_duration_milliseconds_bucket{success=\"true\",le=\"50\"} 0\n", Text(), StringComparison.Ordinal);
        Assert.Contains("kubelet_pod_resize_duration_milliseconds_sum{success=\"true\"} 70\n", Text(), StringComparison.Ordinal);
    }

    [Fact]
    public void RefusedAndAcceptedAfterAll_AreCountedByReason()
    {
        _metrics.Infeasible("static_pod");
        _metrics.AcceptedAfterAll("pod_terminated");

        Assert.Contains("kubelet_pod_infeasible_resizes_total{reason_detail=\"static_pod\"} 1\n", Text(), StringComparison.Ordinal);
        Assert.Contains("kubelet_pod_deferred_accepted_resizes_total{retry_trigger=\"pod_terminated\"} 1\n", Text(), StringComparison.Ordinal);
    }

    private static Pod Pod(string cpu)
    {
        var pod = new PodBuilder().Container("main").Build();
        if (cpu.Length > 0)
        {
            pod.Spec.Containers[0].Resources = new ResourceRequirements { Limits = { ["cpu"] = new Quantity { String = cpu } } };
        }

        return pod;
    }

    private string Text() => Encoding.UTF8.GetString(_registry.Expose().Span);
}
