using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Events;
using NodeAgent.Scheduler.Cache;
using NodeAgent.Scheduler.Explain;
using NodeAgent.Scheduler.Plugins.DefaultPreemption;
using NodeAgent.Scheduler.Queue;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>
/// The one loop that owns cache and queue: takes over changes, decides about the next pod, hands it to binding. Everything
/// else talks to it through its <see cref="Mailbox"/>.
/// </summary>
internal sealed partial class SchedulerLoop
{
    private static readonly TimeSpan AskPatience = TimeSpan.FromSeconds(10);

    private readonly IEventRecorder _recorder;
    private readonly StatusWriter _statusWriter;
    private readonly PodGroupStatusWriter _groupWriter;
    private readonly SchedulerMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ILoggerFactory _loggers;
    private readonly Random _random;
    private readonly HashSet<Task> _running = [];
    private readonly Lock _runningLock = new();
    private IReadOnlyDictionary<string, Profile> _profiles;
    private Dictionary<string, Decider> _deciders;
    private SchedulerOptions _options;
    private int _bindingCount;
    private int _requestCount;
    private long? _lastReport;

    public SchedulerLoop(
        IReadOnlyDictionary<string, Profile> profiles,
        SchedulerOptions options,
        LoopServices services)
    {
        _profiles = profiles;
        _options = options;
        _recorder = services.Recorder;
        _metrics = services.Metrics;
        _time = services.Time;
        _logger = services.Loggers.CreateLogger<SchedulerLoop>();
        _loggers = services.Loggers;
        _random = services.Random;
        _statusWriter = new StatusWriter(services.Client, _time, services.Loggers.CreateLogger<StatusWriter>());
        _groupWriter = new PodGroupStatusWriter(services.Client, _time, services.Loggers.CreateLogger<PodGroupStatusWriter>());
        Cache = new ClusterCache(services.Groups);
        WaitingPods = services.WaitingPods;
        Mailbox = services.Mailbox;
        QueueSortName = profiles.Values.First().QueueSort.Name;
        Queue = new SchedulingQueue(
            profiles.Values.First().QueueSort,
            new ProfilePolicy(profiles, _loggers.CreateLogger<ProfilePolicy>()),
            options.Queue,
            _time,
            _metrics.CountIncoming);
        _deciders = CreateDeciders(profiles, options);
        (Explainer, Simulator) = CreateExplainers(profiles);
        Connect(profiles);
    }

    public static TimeSpan ReportPeriod => TimeSpan.FromSeconds(1);

    public Mailbox Mailbox { get; }

    public WaitingPods WaitingPods { get; }

    /// <summary>Of the first profile; the order of a queue that is in use does not change.</summary>
    public string QueueSortName { get; }

    public ClusterCache Cache { get; }

    public SchedulingQueue Queue { get; }

    public AttemptLog Attempts { get; } = new();

    /// <summary>To be used on the loop only, see <see cref="AskAsync"/>.</summary>
    public Explainer Explainer { get; private set; }

    /// <summary>To be used on the loop only, see <see cref="AskAsync"/>.</summary>
    public Simulator Simulator { get; private set; }

    /// <summary>Runs a question on the loop, between two decisions.</summary>
    /// <exception cref="TimeoutException">The loop did not come to it in time.</exception>
    public Task<T> AskAsync<T>(Func<T> question, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Mailbox.Post(() =>
        {
            if (cancellationToken.IsCancellationRequested)
            {
                answer.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                answer.TrySetResult(question());
            }
            catch (Exception e)
            {
                answer.TrySetException(e);
            }
        });
        return answer.Task.WaitAsync(AskPatience, _time, cancellationToken);
    }

    /// <summary>Keeps cache and queue up to date without deciding, until cancelled: who takes over later does so at once.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            TakeOver();
            ReportSizes();
            try
            {
                await Mailbox.WaitAsync(ReportPeriod, _time, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>
    /// Goes on with other profiles. Pods that are being bound are bound by the plugins that they were decided by; those of
    /// profiles that are gone are forgotten; all others that wait are worth another try. On the loop only, see <see cref="Mailbox"/>.
    /// </summary>
    /// <returns>The names of the profiles that were not there before: their pods are not in the queue yet.</returns>
    public IReadOnlySet<string> Use(IReadOnlyDictionary<string, Profile> profiles, SchedulerOptions options)
    {
        var added = profiles.Keys.Except(_profiles.Keys).ToHashSet(StringComparer.Ordinal);
        _profiles = profiles;
        _options = options;
        _deciders = CreateDeciders(profiles, options);
        (Explainer, Simulator) = CreateExplainers(profiles);
        Connect(profiles);
        Queue.Use(new ProfilePolicy(profiles, _loggers.CreateLogger<ProfilePolicy>()), options.Queue);
        foreach (var queued in Queue.Pods.Where(q => !profiles.ContainsKey(q.Pod.Template.SchedulerName)).ToList())
        {
            Queue.Delete(queued.Pod.Uid);
        }

        Queue.Raise(ClusterEvents.Everything, null, null);
        return added;
    }

    /// <summary>Decides until cancelled, then waits for what is being bound.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (!Step(cancellationToken))
                {
                    var nothingBefore = Queue.UntilNextFlush() + TimeSpan.FromMilliseconds(1);
                    await Mailbox.WaitAsync(nothingBefore < ReportPeriod ? nothingBefore : ReportPeriod, _time, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        await WhenIdleAsync();
    }

    /// <summary>Takes over what has come and decides about one pod.</summary>
    /// <returns>False when there is nothing to decide now.</returns>
    public bool Step(CancellationToken cancellationToken)
    {
        TakeOver();
        Queue.Flush();
        ReportSizes();
        if (Volatile.Read(ref _requestCount) >= _options.MaxBindings || Queue.TryPop() is not { } queued)
        {
            return false;
        }

        if (_options.PodGroups is { } groups && PodGroups.Of(queued.Pod.Pod) is { } group)
        {
            ScheduleGroup(groups, group, queued, cancellationToken);
        }
        else
        {
            Schedule(queued, cancellationToken);
        }

        return true;
    }

    /// <summary>Completes when nothing is being bound or written any more.</summary>
    public async Task WhenIdleAsync()
    {
        while (true)
        {
            Task[] tasks;
            lock (_runningLock)
            {
                tasks = [.. _running];
            }

            if (tasks.Length == 0)
            {
                return;
            }

            await Task.WhenAll(tasks);
        }
    }

    private void TakeOver()
    {
        foreach (var change in Mailbox.Take())
        {
            Apply(change);
        }
    }

    private (Explainer Explainer, Simulator Simulator) CreateExplainers(IReadOnlyDictionary<string, Profile> profiles)
    {
        var explainer = new Explainer(profiles, Cache, Queue, Attempts, _time);
        return (explainer, new Simulator(profiles, Cache, Queue, explainer, _time));
    }

    private void Connect(IReadOnlyDictionary<string, Profile> profiles)
    {
        DefaultPreemptionPlugin[] preemptions = [.. profiles.Values.SelectMany(p => p.PostFilter).OfType<DefaultPreemptionPlugin>()];
        foreach (var plugin in preemptions)
        {
            plugin.OnAttempt = _metrics.CountPreemption;
            plugin.OnPrepared = (pod, victims, isDone, took) => Mailbox.Post(() => EndPreparation(pod, victims, isDone, took));
        }

        var view = new LoopView(Cache.Nodes, Queue.Nominations, uid => Cache.Find(uid)?.Pod, pod => Array.Exists(preemptions, p => p.IsWaiting(pod)));
        foreach (var plugin in profiles.Values.SelectMany(p => p.Plugins).OfType<ILoopObserver>())
        {
            plugin.View = view;
        }
    }

    private Dictionary<string, Decider> CreateDeciders(IReadOnlyDictionary<string, Profile> profiles, SchedulerOptions options) =>
        profiles.ToDictionary(p => p.Key, p => new Decider(p.Value, Cache.Nodes, Queue.Nominations, _random) { Extenders = options.Extenders });

    private void ReportSizes()
    {
        if (_lastReport is { } last && _time.GetElapsedTime(last) < ReportPeriod)
        {
            return;
        }

        _lastReport = _time.GetTimestamp();
        _metrics.SetSizes(Queue, Cache, Volatile.Read(ref _bindingCount));
    }

    /// <summary>Keeps the task until it ends, so that stopping waits for it.</summary>
    private void Track(Task task)
    {
        if (task.IsCompleted)
        {
            return;
        }

        lock (_runningLock)
        {
            _running.Add(task);
        }

        task.ContinueWith(
            t =>
            {
                lock (_runningLock)
                {
                    _running.Remove(t);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }
}
