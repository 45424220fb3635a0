using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.Scheduler.Cycle;

namespace NodeAgent.Scheduler;

/// <summary>
/// Makes sure, before a new leader's first binding, that its cache has every binding of the leader before it: a watch may lag,
/// and a node that looks free may not be. Reads the pods as etcd has them and waits until the informers have delivered as much.
/// </summary>
internal sealed partial class CatchUp(IKubeClient client, SchedulerLoop loop, TimeProvider time, ILogger<CatchUp> logger)
{
    private const int PageSize = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>After so many looks a pod that is not there is asked for by name: it may have been deleted meanwhile.</summary>
    private const int LooksBeforeAsking = 25;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var bound = await ReadAsync(cancellationToken);
        var missing = bound;
        for (var look = 0; ; look++)
        {
            missing = await loop.AskAsync(() => missing.FindAll(p => loop.Cache.Find(p.Uid) is not { IsAssumed: false }), cancellationToken);
            if (missing.Count == 0)
            {
                break;
            }

            if (look >= LooksBeforeAsking)
            {
                missing = await StillThereAsync(missing, cancellationToken);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        LogCaughtUp(bound.Count, time.GetElapsedTime(started).TotalMilliseconds);
    }

    /// <summary>The pods that have a node, from etcd itself: no revision is named.</summary>
    private async Task<List<BoundPod>> ReadAsync(CancellationToken cancellationToken)
    {
        var pods = new List<BoundPod>();
        var options = new ListOptions(FieldSelector: SchedulerDaemon.LivePods + ",spec.nodeName!=", Limit: PageSize);
        while (true)
        {
            KubeList<Pod> page;
            try
            {
                page = await client.ListAsync(Resources.Pods, null, options, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsGone)
            {
                // The list took longer than the server keeps its revisions.
                pods.Clear();
                options = options with { Continue = null, Limit = null };
                continue;
            }

            pods.AddRange(page.Items.Select(p => new BoundPod(p.Metadata.Uid, p.Metadata.Namespace, p.Metadata.Name)));
            if (page.Continue is not { Length: > 0 } token)
            {
                return pods;
            }

            options = options with { Continue = token };
        }
    }

    private async Task<List<BoundPod>> StillThereAsync(List<BoundPod> pods, CancellationToken cancellationToken)
    {
        var left = new List<BoundPod>();
        foreach (var pod in pods)
        {
            try
            {
                var found = await client.GetAsync(Resources.Pods, pod.Namespace, pod.Name, cancellationToken);
                if (found.Metadata.Uid == pod.Uid && found.Status?.Phase is not ("Succeeded" or "Failed"))
                {
                    left.Add(pod);
                }
            }
            catch (KubeApiException e) when (e.IsNotFound)
            {
                // Deleted since: it takes no room any more.
            }
        }

        return left;
    }

    [LoggerMessage(EventId = 4022, Level = LogLevel.Information, Message = "Caught up with {Count} pods on nodes in {Milliseconds:0} ms")]
    private partial void LogCaughtUp(int count, double milliseconds);

    private readonly record struct BoundPod(string Uid, string Namespace, string Name);
}
