using System.Globalization;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi;
using NodeAgent.KubeApi.Client;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Cycle;

namespace NodeAgent.Scheduler;

/// <summary>
/// Makes sure, before a new leader's first binding, that its cache has all that the leader before it has done: a watch may lag, and a
/// node that looks free may not be. Reads nodes and bound pods as etcd has them and waits until the cache has each at least as new.
/// </summary>
/// <remarks>A pod or node that has gone may still be in the cache: that only makes the cluster look fuller than it is.</remarks>
internal sealed partial class CatchUp(IKubeClient client, SchedulerLoop loop, TimeProvider time, ILogger<CatchUp> logger)
{
    private const int PageSize = 1_000;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>After so many looks what is still missing may have been deleted meanwhile, and is looked for again.</summary>
    private const int LooksBeforeReading = 50;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var nodes = await ReadAsync(Resources.Nodes, "", n => n.Metadata.Name, cancellationToken);
        await WaitAsync(Resources.Nodes, "", n => n.Metadata.Name, nodes, NodeVersion, cancellationToken);
        const string Bound = SchedulerDaemon.LivePods + ",spec.nodeName!=";
        var pods = await ReadAsync(Resources.Pods, Bound, p => p.Metadata.Uid, cancellationToken);
        await WaitAsync(Resources.Pods, Bound, p => p.Metadata.Uid, pods, PodVersion, cancellationToken);
        LogCaughtUp(pods.Count, nodes.Count, time.GetElapsedTime(started).TotalMilliseconds);
    }

    private static string? NodeVersion(ClusterCache cache, string name) =>
        cache.Nodes.FindSlot(name) is >= 0 and var slot ? cache.Nodes[slot].Node.Metadata.ResourceVersion : null;

    private static string? PodVersion(ClusterCache cache, string uid) =>
        cache.Find(uid) is { IsAssumed: false } pod ? pod.Pod.Pod.Metadata.ResourceVersion : null;

    /// <summary>Versions are revisions of etcd; where they are not, being there has to do.</summary>
    private static bool IsAsNew(string? known, string wanted) =>
        known is not null
        && (known == wanted
            || !ulong.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out var left)
            || !ulong.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out var right)
            || left >= right);

    private async Task WaitAsync<T>(ResourceType<T> type, string selector, Func<T, string> keyOf, Dictionary<string, string> wanted, Func<ClusterCache, string, string?> versionOf, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var missing = wanted.ToList();
        for (var look = 1; ; look++)
        {
            missing = await LookAsync(missing, versionOf, cancellationToken);
            if (missing.Count == 0)
            {
                return;
            }

            if (look % LooksBeforeReading == 0)
            {
                LogWaiting(type.Plural, missing.Count, missing[0].Key);
                var now = await ReadAsync(type, selector, keyOf, cancellationToken);
                missing.RemoveAll(m => !now.ContainsKey(m.Key));
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<List<KeyValuePair<string, string>>> LookAsync(List<KeyValuePair<string, string>> missing, Func<ClusterCache, string, string?> versionOf, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await loop.AskAsync(() => missing.FindAll(m => !IsAsNew(versionOf(loop.Cache, m.Key), m.Value)), cancellationToken);
            }
            catch (TimeoutException)
            {
                // The loop still takes over the first lists of a large cluster.
            }
        }
    }

    /// <summary>The versions of what is there, from etcd itself: no revision is named.</summary>
    private async Task<Dictionary<string, string>> ReadAsync<T>(ResourceType<T> type, string selector, Func<T, string> keyOf, CancellationToken cancellationToken)
        where T : class, IKubeObject, IMessage<T>, new()
    {
        var versions = new Dictionary<string, string>(StringComparer.Ordinal);
        var options = new ListOptions(FieldSelector: selector.Length > 0 ? selector : null, Limit: PageSize, ForCache: true);
        while (true)
        {
            KubeList<T> page;
            try
            {
                page = await client.ListAsync(type, null, options, cancellationToken);
            }
            catch (KubeApiException e) when (e.IsGone)
            {
                // The list took longer than the server keeps its revisions.
                versions.Clear();
                options = options with { Continue = null, Limit = null };
                continue;
            }

            foreach (var item in page.Items)
            {
                versions[keyOf(item)] = item.Metadata.ResourceVersion;
            }

            if (page.Continue is not { Length: > 0 } token)
            {
                return versions;
            }

            options = options with { Continue = token };
        }
    }

    [LoggerMessage(EventId = 4025, Level = LogLevel.Information, Message = "Caught up with {Pods} pods on {Nodes} nodes in {Milliseconds:0} ms")]
    private partial void LogCaughtUp(int pods, int nodes, double milliseconds);

    [LoggerMessage(EventId = 4026, Level = LogLevel.Information, Message = "The cache of {Resource} is not up to date yet: {Count} to come, among them {Name}")]
    private partial void LogWaiting(string resource, int count, string name);
}
