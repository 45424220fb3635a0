using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>
/// Wakes a pod's worker when something happens to the pod in the runtime: at once by the engine's events, and by listing
/// every few seconds, which also finds pods that nobody knows.
/// </summary>
internal sealed partial class RuntimeWatcher(IRuntimeService runtime, PodManager pods, Func<bool> sourcesReady, TimeProvider time, ILogger<RuntimeWatcher> logger)
{
    private static readonly TimeSpan RelistEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RelistEveryWithoutEvents = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ResubscribeAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan OrphanAfter = TimeSpan.FromSeconds(2);

    private Dictionary<string, (PodUid Pod, Cri.ContainerState State)> _containers = [];
    private Dictionary<string, (PodUid Pod, Cri.PodSandboxState State)> _sandboxes = [];
    private readonly Dictionary<PodUid, long> _unknownSince = [];
    private volatile bool _hasEvents = true;

    /// <summary>When the runtime was last listed; the node is not ready when that is long ago.</summary>
    public long LastRelist { get; private set; } = time.GetTimestamp();

    /// <summary>Told after each list how long it took, and how long ago the one before was.</summary>
    public Action<TimeSpan, TimeSpan>? Relisted { get; set; }

    /// <summary>Whether the runtime had anything of the pod when it was listed last.</summary>
    public bool Has(PodUid uid) => _sandboxes.Values.Any(s => s.Pod == uid) || _containers.Values.Any(c => c.Pod == uid);

    /// <summary>Follows the engine's events for as long as it has any, over all its restarts.</summary>
    public async Task FollowEventsAsync(CancellationToken cancellationToken)
    {
        var wasDown = false;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await foreach (var news in runtime.GetContainerEventsAsync(cancellationToken))
                {
                    wasDown = false;
                    await DispatchAsync(news, cancellationToken);
                }
            }
            catch (NotSupportedException)
            {
                LogNoEvents();
                _hasEvents = false;
                return;
            }
            catch (RuntimeException e)
            {
                if (!wasDown)
                {
                    LogEventsEnded(e.Message);
                }

                wasDown = true;
            }

            await Task.Delay(ResubscribeAfter, time, cancellationToken);
        }
    }

    public async Task RelistLoopAsync(CancellationToken cancellationToken)
    {
        var failing = false;
        while (true)
        {
            try
            {
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                deadline.CancelAfter(CallTimeout);
                var start = time.GetTimestamp();
                await RelistAsync(deadline.Token);
                Relisted?.Invoke(time.GetElapsedTime(start), time.GetElapsedTime(LastRelist));
                LastRelist = time.GetTimestamp();
                failing = false;
            }
            catch (Exception e) when (e is RuntimeException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (!failing)
                {
                    LogRelistFailed(e.Message);
                }

                failing = true;
            }

            await Task.Delay(PauseBeforeList(_hasEvents, sourcesReady(), _unknownSince.Count > 0), time, cancellationToken);
        }
    }

    /// <summary>How long until the runtime is listed again.</summary>
    /// <param name="unknown">Whether it has pods that no source knows: no event tells of them, so a list is due when the moment that they are given has gone by.</param>
    public static TimeSpan PauseBeforeList(bool hasEvents, bool sourcesReady, bool unknown) =>
        !hasEvents || !sourcesReady ? RelistEveryWithoutEvents
        : unknown ? OrphanAfter
        : RelistEvery;

    private async Task DispatchAsync(Cri.ContainerEventResponse news, CancellationToken cancellationToken)
    {
        if (news.PodSandboxStatus?.Metadata?.Uid is { Length: > 0 } uid)
        {
            pods.Wake(new PodUid(uid));
        }
        else if (_containers.TryGetValue(news.ContainerId, out var container))
        {
            pods.Wake(container.Pod);
        }
        else if (_sandboxes.TryGetValue(news.ContainerId, out var sandbox))
        {
            pods.Wake(sandbox.Pod);
        }
        else if (news.ContainerEventType == Cri.ContainerEventType.ContainerStoppedEvent)
        {
            // Lived and died between two lists: ask whose it is.
            try
            {
                var found = await runtime.ListContainersAsync(new Cri.ContainerFilter { Id = news.ContainerId }, cancellationToken);
                if (found is [var only, ..] && only.Labels.TryGetValue(RuntimeLabels.PodUid, out var owner))
                {
                    pods.Wake(new PodUid(owner));
                }
            }
            catch (RuntimeException e)
            {
                LogRelistFailed(e.Message);
            }
        }
    }

    private async Task RelistAsync(CancellationToken cancellationToken)
    {
        var listSandboxes = runtime.ListPodSandboxAsync(null, cancellationToken);
        var listContainers = runtime.ListContainersAsync(null, cancellationToken);
        var sandboxes = (await listSandboxes).Where(s => s.Labels.ContainsKey(RuntimeLabels.PodUid)).ToList();
        var containers = (await listContainers).Where(c => c.Labels.ContainsKey(RuntimeLabels.PodUid)).ToList();
        HashSet<PodUid> changed = [];
        var nextContainers = containers.ToDictionary(c => c.Id, c => (new PodUid(c.Labels[RuntimeLabels.PodUid]), c.State));
        var nextSandboxes = sandboxes.ToDictionary(s => s.Id, s => (new PodUid(s.Labels[RuntimeLabels.PodUid]), s.State));
        Compare(_containers, nextContainers, changed);
        Compare(_sandboxes, nextSandboxes, changed);
        (_containers, _sandboxes) = (nextContainers, nextSandboxes);
        foreach (var uid in changed)
        {
            pods.Wake(uid);
        }

        FindOrphans(sandboxes, containers);
    }

    private static void Compare<TState>(Dictionary<string, (PodUid Pod, TState State)> before, Dictionary<string, (PodUid Pod, TState State)> now, HashSet<PodUid> changed)
    {
        foreach (var (id, value) in now)
        {
            if (!before.TryGetValue(id, out var old) || !EqualityComparer<TState>.Default.Equals(old.State, value.State))
            {
                changed.Add(value.Pod);
            }
        }

        foreach (var (id, value) in before)
        {
            if (!now.ContainsKey(id))
            {
                changed.Add(value.Pod);
            }
        }
    }

    /// <summary>Ends what no source knows; only when every source has spoken, and only what stays unknown for a moment.</summary>
    private void FindOrphans(List<Cri.PodSandbox> sandboxes, List<Cri.Container> containers)
    {
        if (!sourcesReady())
        {
            return;
        }

        var unknown = sandboxes.GroupBy(s => new PodUid(s.Labels[RuntimeLabels.PodUid])).Where(g => pods.Find(g.Key) is null).ToDictionary(g => g.Key, g => g.First());
        foreach (var uid in _unknownSince.Keys.Where(u => !unknown.ContainsKey(u)).ToList())
        {
            _unknownSince.Remove(uid);
        }

        foreach (var (uid, sandbox) in unknown)
        {
            if (!_unknownSince.TryAdd(uid, time.GetTimestamp()) && time.GetElapsedTime(_unknownSince[uid]) >= OrphanAfter)
            {
                pods.EndOrphan(OrphanPods.Reconstruct(sandbox, containers.Where(c => c.Labels[RuntimeLabels.PodUid] == uid.Value)));
            }
        }
    }

    [LoggerMessage(1, LogLevel.Information, "The container runtime tells no events: it is listed every second")]
    private partial void LogNoEvents();

    [LoggerMessage(2, LogLevel.Warning, "The container runtime's events have ended and are asked for again: {Error}")]
    private partial void LogEventsEnded(string error);

    [LoggerMessage(3, LogLevel.Warning, "Listing the container runtime's pods failed and is tried again: {Error}")]
    private partial void LogRelistFailed(string error);
}
