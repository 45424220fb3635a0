using System.Text;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using Time = NodeAgent.KubeApi.Meta.V1.Time;

namespace NodeAgent.Kubelet.Tests.Metrics;

public class PodStartsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly MetricsRegistry _registry = new();
    private readonly PodStarts _starts;

    public PodStartsTests() => _starts = new PodStarts(_registry, _time);

    [Fact]
    public void Seen_StartedPod_IndicatorLeavesOutPullsAndInitContainers()
    {
        var pod = Created();
        _starts.Seen(pod);
        _starts.Pulling(pod.Uid());
        Pass(3);
        _starts.Pulling(pod.Uid());
        Pass(2);
        _starts.PullEnded(pod.Uid());
        _starts.PullEnded(pod.Uid());
        Pass(5);

        _starts.Seen(Started(pod, initSeconds: 4));
        _starts.Seen(Started(pod, initSeconds: 4));

        Assert.Equal((1, 10), Observed("kubelet_pod_start_total_duration_seconds"));
        Assert.Equal((1, 1), Observed("kubelet_pod_start_sli_duration_seconds"));
        Assert.Contains("kubelet_first_network_pod_start_sli_duration_seconds 1\n", Text());
    }

    [Fact]
    public void Seen_PodWithAVolumeThatOutlivesIt_OnlyTheTotal()
    {
        var pod = Created();
        pod.Spec.Volumes.Add(new Volume { Name = "data", VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "data" } } });
        _starts.Seen(pod);
        Pass(2);

        _starts.Seen(Started(pod));

        Assert.Equal((1, 2), Observed("kubelet_pod_start_total_duration_seconds"));
        Assert.Equal((0, 0), Observed("kubelet_pod_start_sli_duration_seconds"));
    }

    [Fact]
    public void Seen_PodThatHadToWaitOrRanBefore_IsLeftOut()
    {
        var waited = Created();
        waited.Status = new PodStatus { Conditions = { new PodCondition { Type = "PodScheduled", Status = "False" } } };
        _starts.Seen(waited);
        _starts.Seen(Started(waited));
        _starts.Forget(waited.Uid());
        _starts.Seen(Started(Created()));
        _starts.Seen(Started(Created()));

        Assert.Equal((0, 0), Observed("kubelet_pod_start_total_duration_seconds"));
    }

    [Fact]
    public void PhaseIs_Running_OnceSinceItWasSeen()
    {
        var pod = Created();
        _starts.Seen(pod);
        _starts.PhaseIs(pod.Uid(), "Pending");
        Pass(7);

        _starts.PhaseIs(pod.Uid(), "Running");
        _starts.PhaseIs(pod.Uid(), "Running");

        Assert.Equal((1, 7), Observed("kubelet_pod_start_duration_seconds"));
    }

    private Pod Created() => new PodBuilder().Container("web").With(p => p.Metadata.CreationTimestamp = At()).Build();

    private Pod Started(Pod pod, int initSeconds = 0)
    {
        var started = pod.Clone();
        started.Status = new PodStatus { StartTime = At(), ContainerStatuses = { new ContainerStatus { Name = "web", State = new ContainerState { Running = new ContainerStateRunning { StartedAt = At() } } } } };
        started.Status.InitContainerStatuses.Add(new ContainerStatus { State = new ContainerState { Terminated = new ContainerStateTerminated { StartedAt = At(-initSeconds), FinishedAt = At() } } });
        return started;
    }

    private Time At(int seconds = 0) => new() { Seconds = _time.GetUtcNow().ToUnixTimeSeconds() + seconds };

    private void Pass(int seconds) => _time.Advance(TimeSpan.FromSeconds(seconds));

    private string Text() => Encoding.UTF8.GetString(_registry.Expose().Span);

    private (double Count, double Sum) Observed(string name) => (Value(name + "_count"), Value(name + "_sum"));

    private double Value(string name) =>
        Text().Split('\n').FirstOrDefault(l => l.StartsWith(name + " ", StringComparison.Ordinal)) is { } line ? double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) : 0;
}
