using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;

namespace NodeAgent.Kubelet.Node;

/// <summary>
/// Tells of processes that were killed because memory ran out. A container whose first process survives the loss of another
/// one shows nothing of it in its status: the event is all that its owner gets to see.
/// </summary>
internal sealed partial class OomWatcher(PodManager pods, Func<ObjectReference> node, IEventRecorder events, TimeProvider time, ILogger<OomWatcher> logger)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <summary>How long a container that lost a process may be unknown to its pod: it can be killed before its start is seen.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<(OomKill Kill, DateTimeOffset Until)> _unknown = [];

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var log = KernelLog.TryOpen();
        if (log is null)
        {
            LogCannotRead();
            await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            return;
        }

        while (true)
        {
            await Task.Delay(Every, time, cancellationToken);
            Take([.. log.ReadNews().Select(OomKill.Parse).OfType<OomKill>()]);
        }
    }

    /// <param name="news">What the kernel has told since the last time.</param>
    internal void Take(IReadOnlyList<OomKill> news)
    {
        var now = time.GetUtcNow();
        foreach (var kill in news.Where(k => k.OfTheNode))
        {
            events.Record(node(), EventType.Warning, "SystemOOM", $"System OOM encountered, victim process: {kill.Process}, pid: {kill.Pid}");
        }

        _unknown.AddRange(news.Where(k => k.ContainerId.Length > 0).Select(k => (k, now + Patience)));
        _unknown.RemoveAll(u => TellOwner(u.Kill) || now >= u.Until);
    }

    private bool TellOwner(OomKill kill)
    {
        foreach (var worker in pods.Workers)
        {
            if (worker.Observed.Containers.FirstOrDefault(c => c.Id == kill.ContainerId) is { } container && worker.Pod.FindContainer(container.Name) is { } found)
            {
                var limit = found.Spec.Resources?.Limits.GetValueOrDefault(ResourceAmounts.Memory)?.String;
                LogKilled(kill.Process, container.Name, worker.Pod.Describe());
                events.Record(
                    worker.Pod.Reference(found.Spec, found.Kind),
                    EventType.Warning,
                    "OOMKilling",
                    $"Process {kill.Process} (pid {kill.Pid}) of container {container.Name} was killed: out of memory{(limit is null || kill.OfTheNode ? "" : $", the limit is {limit}")}");
                return true;
            }
        }

        return false;
    }

    [LoggerMessage(1, LogLevel.Warning, "The kernel's log cannot be read: processes that are killed for lack of memory are not told of by events")]
    private partial void LogCannotRead();

    [LoggerMessage(2, LogLevel.Warning, "Process {Process} of container {Container} of pod {Pod} was killed: out of memory")]
    private partial void LogKilled(string process, string container, string pod);
}
