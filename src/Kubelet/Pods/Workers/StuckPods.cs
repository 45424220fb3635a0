using Microsoft.Extensions.Logging;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>
/// Tells of pods whose worker waits for something that should long have ended: a runtime that does not answer, a mount that does
/// not return. Each pod has a worker of its own, so the others go on; this names the one that does not.
/// </summary>
internal sealed partial class StuckPods(PodManager pods, IEventRecorder events, TimeProvider time, ILogger<StuckPods> logger)
{
    private const string Reason = "PodStuck";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    private HashSet<(PodUid Pod, Undertaking Undertaking)> _told = [];

    public void Register(MetricsRegistry registry) => registry.CreateCallback(
        "kubelet_stuck_pod_seconds",
        "How long a pod's worker has been doing something that should have ended. Only pods that are stuck have a value.",
        MetricType.Gauge,
        ["namespace", "pod", "step"],
        samples =>
        {
            foreach (var (pod, undertaking) in Overdue().DistinctBy(o => (o.Pod.Metadata.Uid, o.Undertaking.What)))
            {
                samples.Add(time.GetElapsedTime(undertaking.Since).TotalSeconds, pod.Metadata.Namespace, pod.Metadata.Name, undertaking.What);
            }
        });

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Every, time, cancellationToken);
            Look();
        }
    }

    /// <summary>Records an event for each that was not told of before.</summary>
    internal void Look()
    {
        HashSet<(PodUid, Undertaking)> now = [];
        foreach (var (pod, undertaking) in Overdue())
        {
            now.Add((pod.Uid(), undertaking));
            if (!_told.Contains((pod.Uid(), undertaking)))
            {
                LogStuck(pod.Describe(), undertaking.What, undertaking.Expected);
                events.Record(pod.Reference(), EventType.Warning, Reason, $"{Capital(undertaking.What)} has taken more than {PodWorker.GoDuration(undertaking.Expected)} and goes on. This pod waits for it; other pods are not affected.");
            }
        }

        foreach (var (uid, undertaking) in _told.Where(t => !now.Contains(t)))
        {
            LogOver(uid, undertaking.What, time.GetElapsedTime(undertaking.Since));
        }

        _told = now;
    }

    private IEnumerable<(Pod Pod, Undertaking Undertaking)> Overdue() => pods.Workers.SelectMany(w => w.Undertakings.Overdue.Select(u => (w.Pod, u)));

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [LoggerMessage(1, LogLevel.Warning, "Pod {Pod} is stuck: {Step} has taken more than {Expected} and goes on")]
    private partial void LogStuck(string pod, string step, TimeSpan expected);

    [LoggerMessage(2, LogLevel.Information, "Pod {Pod} is no longer stuck: {Step} ended after {Took}")]
    private partial void LogOver(PodUid pod, string step, TimeSpan took);
}
