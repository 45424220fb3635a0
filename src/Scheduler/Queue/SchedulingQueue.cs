using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Queue;

/// <summary>The pods that have no node yet. Belongs to the decision loop.</summary>
/// <remarks>
/// <code>
///   Add ------> active ==TryPop=> in flight ==End=> (bound or gone)
///     |           ^                   |
///     |           | back-off over     | Requeue
///     | gated     +------ back-off &lt;--+-- after an error, or when a helping event was missed
///     |                      ^        |
///     |       Raise, Update  |        | refused by plugins
///     +--> unschedulable ----+   &lt;----+
///
/// </code>
/// </remarks>
internal sealed class SchedulingQueue
{
    private readonly Dictionary<string, QueuedPod> _pods = new(StringComparer.Ordinal);
    private readonly HashSet<QueuedPod> _unschedulable = new(ReferenceEqualityComparer.Instance);
    private readonly FlightLog _flights = new();
    private readonly IndexedHeap<QueuedPod> _active;
    private readonly IndexedHeap<QueuedPod> _backoff;
    private readonly TimeProvider _time;
    private readonly Action<QueuePlace, string> _onIncoming;
    private QueueOptions _options;
    private IQueuePolicy _policy;
    private long _sequence;
    private DateTimeOffset _nextSweep;

    /// <param name="onIncoming">Told of every pod that enters a place, and why; for metrics.</param>
    public SchedulingQueue(IQueueSortPlugin sort, IQueuePolicy policy, QueueOptions options, TimeProvider time, Action<QueuePlace, string>? onIncoming = null)
    {
        _active = new IndexedHeap<QueuedPod>((a, b) => sort.Compare(a, b) is not 0 and var order ? order : a.Sequence.CompareTo(b.Sequence));
        _backoff = new IndexedHeap<QueuedPod>((a, b) => a.BackoffEnd.CompareTo(b.BackoffEnd) is not 0 and var order ? order : a.Sequence.CompareTo(b.Sequence));
        _policy = policy;
        _options = options;
        _time = time;
        _onIncoming = onIncoming ?? ((_, _) => { });
        _nextSweep = time.GetUtcNow() + SweepPeriod;
    }

    public Nominations Nominations { get; } = new();

    public int ActiveCount => _active.Count;

    public int BackoffCount => _backoff.Count;

    public int UnschedulableCount => _unschedulable.Count(p => !p.IsGated);

    public int GatedCount => _unschedulable.Count(p => p.IsGated);

    public int InFlightCount => _flights.Count;

    public int InFlightEventCount => _flights.EventCount;

    /// <summary>Every pod that waits, in no order.</summary>
    public IEnumerable<QueuedPod> Pods => _pods.Values;

    private static TimeSpan SweepPeriod => TimeSpan.FromSeconds(30);

    /// <summary>Asks another policy from now on. Pods stay where they are; whoever changes the policy wakes them.</summary>
    public void Use(IQueuePolicy policy, QueueOptions options)
    {
        _policy = policy;
        _options = options;
    }

    public QueuedPod? Find(string uid) => _pods.GetValueOrDefault(uid);

    /// <summary>A pod without a node has come.</summary>
    public void Add(PodInfo pod)
    {
        if (_pods.ContainsKey(pod.Uid))
        {
            Update(pod);
            return;
        }

        var queued = new QueuedPod(pod, _time.GetUtcNow()) { Sequence = ++_sequence, Place = QueuePlace.InFlight };
        _pods[pod.Uid] = queued;
        Nominations.Set(pod, pod.Pod.Status.NominatedNodeName);
        Activate(queued, "PodAdd");
    }

    /// <summary>A waiting pod has changed: it is tried again if the change can help it.</summary>
    public void Update(PodInfo pod, IReadOnlyList<ClusterEvent>? events = null)
    {
        if (!_pods.TryGetValue(pod.Uid, out var queued))
        {
            Add(pod);
            return;
        }

        var old = queued.Pod;
        Nominations.Update(old, pod);
        if (queued.Place != QueuePlace.Unschedulable)
        {
            Reposition(queued, pod);
            return;
        }

        queued.Pod = pod;
        foreach (var podEvent in events ?? [])
        {
            if (_policy.Judge(queued, podEvent, old, pod) is not QueueVerdict.Stay and var verdict)
            {
                Wake(queued, verdict, podEvent.ToString());
                return;
            }
        }
    }

    public QueuedPod? Delete(string uid)
    {
        if (!_pods.Remove(uid, out var queued))
        {
            return null;
        }

        TakeOut(queued);
        Nominations.Remove(uid);
        _flights.End(uid);
        return queued;
    }

    /// <summary>The next pod to try; it is in flight from now until <see cref="End"/> or <see cref="Requeue"/>.</summary>
    public QueuedPod? TryPop()
    {
        var queued = _active.Pop() ?? PopFromBackoff();
        return queued is null ? null : Begin(queued);
    }

    /// <summary>The pod, wherever it waits, as if it were its turn; for pods that are tried together with another.</summary>
    /// <returns>Null when it is being tried already, or a PreEnqueue plugin keeps it out.</returns>
    public QueuedPod? TryPop(string uid)
    {
        if (!_pods.TryGetValue(uid, out var queued) || queued.Place == QueuePlace.InFlight
            || (queued.Place != QueuePlace.Active && !_policy.PreEnqueue(queued.Pod).IsSuccess))
        {
            return null;
        }

        TakeOut(queued);
        return Begin(queued);
    }

    /// <summary>The pod is bound, or gone.</summary>
    public void End(string uid)
    {
        _flights.End(uid);
        if (_pods.Remove(uid, out var queued))
        {
            TakeOut(queued);
        }

        Nominations.Remove(uid);
    }

    /// <summary>The attempt has failed. Events that came meanwhile and can help count as if they came now.</summary>
    /// <param name="rejectedBy">The plugins that refused; none after an error.</param>
    public void Requeue(QueuedPod queued, bool isError, IReadOnlySet<string> rejectedBy, IReadOnlySet<string> pendingOn)
    {
        var uid = queued.Pod.Uid;
        if (!_pods.TryGetValue(uid, out var known) || !ReferenceEquals(known, queued) || queued.Place != QueuePlace.InFlight)
        {
            _flights.End(uid);
            return;
        }

        var now = _time.GetUtcNow();
        queued.Timestamp = now;
        queued.WasFlushed = false;
        queued.RejectedBy = [.. rejectedBy];
        queued.PendingOn = [.. pendingOn];
        queued.ErrorCount = isError ? queued.ErrorCount + 1 : 0;
        queued.UnschedulableCount += isError || pendingOn.Count > 0 && rejectedBy.Count == 0 ? 0 : 1;
        queued.BackoffEnd = now + BackoffOf(queued);
        var verdict = isError || (rejectedBy.Count == 0 && pendingOn.Count == 0) ? QueueVerdict.AfterBackoff : Missed(queued);
        _flights.End(uid);
        if (verdict == QueueVerdict.Stay)
        {
            PutUnschedulable(queued, "ScheduleAttemptFailure");
        }
        else
        {
            Wake(queued, verdict, "ScheduleAttemptFailure");
        }
    }

    /// <summary>Wakes every pod that the event can help.</summary>
    /// <param name="isConcerned">Leaves pods out before any plugin is asked.</param>
    public void Raise(ClusterEvent clusterEvent, object? oldObject, object? newObject, Func<PodInfo, bool>? isConcerned = null)
    {
        _flights.Record(clusterEvent, oldObject, newObject);
        if (_unschedulable.Count == 0)
        {
            return;
        }

        List<(QueuedPod Pod, QueueVerdict Verdict)>? woken = null;
        foreach (var queued in _unschedulable)
        {
            if (isConcerned is not null && !isConcerned(queued.Pod))
            {
                continue;
            }

            if (_policy.Judge(queued, clusterEvent, oldObject, newObject) is not QueueVerdict.Stay and var verdict)
            {
                (woken ??= []).Add((queued, verdict));
            }
        }

        foreach (var (queued, verdict) in woken ?? [])
        {
            Wake(queued, verdict, clusterEvent.ToString());
        }
    }

    /// <summary>
    /// Asks again whether the pods concerned are held back. Those that are not any more wait for what their last attempt lacked: the
    /// plugin that held them knows of nothing that would make the next one succeed.
    /// </summary>
    public void LetGo(Func<PodInfo, bool> isConcerned)
    {
        foreach (var queued in _unschedulable)
        {
            if (queued.IsGated && isConcerned(queued.Pod))
            {
                var status = _policy.PreEnqueue(queued.Pod);
                queued.GatedBy = status.IsSuccess ? null : status.Plugin;
            }
        }
    }

    /// <summary>Moves pods whose time has come.</summary>
    public void Flush()
    {
        var now = _time.GetUtcNow();
        while (_backoff.Peek() is { } first && first.BackoffEnd <= now)
        {
            _backoff.Remove(first);
            Activate(first, "BackoffComplete");
        }

        if (now < _nextSweep)
        {
            return;
        }

        _nextSweep = now + SweepPeriod;

        // Should a plugin have let a pod in without an event that it names.
        LetGo(_ => true);
        foreach (var queued in _unschedulable.Where(p => !p.IsGated && now - p.Timestamp > _options.MaxUnschedulable).ToList())
        {
            queued.WasFlushed = true;
            Wake(queued, QueueVerdict.AfterBackoff, "UnschedulableTimeout");
        }
    }

    /// <summary>How long nothing happens by time alone.</summary>
    public TimeSpan UntilNextFlush()
    {
        var due = _backoff.Peek() is { } first && first.BackoffEnd < _nextSweep ? first.BackoffEnd : _nextSweep;
        var left = due - _time.GetUtcNow();
        return left < TimeSpan.Zero ? TimeSpan.Zero : left;
    }

    private QueuedPod Begin(QueuedPod queued)
    {
        queued.Place = QueuePlace.InFlight;
        queued.Attempts++;
        queued.FirstAttempt ??= _time.GetUtcNow();
        _flights.Begin(queued.Pod.Uid);
        return queued;
    }

    private TimeSpan BackoffOf(QueuedPod queued)
    {
        var count = queued.ErrorCount > 0 ? queued.ErrorCount : queued.UnschedulableCount;
        if (count == 0)
        {
            return TimeSpan.Zero;
        }

        var backoff = _options.InitialBackoff * Math.Pow(2, Math.Min(count - 1, 30));
        return backoff < _options.MaxBackoff ? backoff : _options.MaxBackoff;
    }

    /// <summary>When nothing else waits, backing off saves nothing; after an error it still spares the API server.</summary>
    private QueuedPod? PopFromBackoff()
    {
        var first = _backoff.Peek();
        if (first is null || first.ErrorCount > 0 || !_policy.PreEnqueue(first.Pod).IsSuccess)
        {
            return null;
        }

        _backoff.Remove(first);
        return first;
    }

    private QueueVerdict Missed(QueuedPod queued)
    {
        var result = QueueVerdict.Stay;
        foreach (var (clusterEvent, oldObject, newObject) in _flights.Since(queued.Pod.Uid))
        {
            var verdict = _policy.Judge(queued, clusterEvent, oldObject, newObject);
            result = verdict > result ? verdict : result;
        }

        return result;
    }

    private void Wake(QueuedPod queued, QueueVerdict verdict, string reason)
    {
        TakeOut(queued);
        if (verdict == QueueVerdict.AfterBackoff && queued.BackoffEnd > _time.GetUtcNow())
        {
            queued.Place = QueuePlace.Backoff;
            _backoff.Add(queued);
            _onIncoming(QueuePlace.Backoff, reason);
            return;
        }

        Activate(queued, reason);
    }

    private void Activate(QueuedPod queued, string reason)
    {
        var status = _policy.PreEnqueue(queued.Pod);
        queued.GatedBy = status.IsSuccess ? null : status.Plugin;
        if (queued.IsGated)
        {
            queued.RejectedBy = queued.RejectedBy.Contains(status.Plugin) ? queued.RejectedBy : [.. queued.RejectedBy, status.Plugin];
            PutUnschedulable(queued, reason);
            return;
        }

        queued.Place = QueuePlace.Active;
        _active.Add(queued);
        _onIncoming(QueuePlace.Active, reason);
    }

    private void PutUnschedulable(QueuedPod queued, string reason)
    {
        queued.Place = QueuePlace.Unschedulable;
        _unschedulable.Add(queued);
        _onIncoming(QueuePlace.Unschedulable, reason);
    }

    private void Reposition(QueuedPod queued, PodInfo pod)
    {
        var heap = queued.Place switch { QueuePlace.Active => _active, QueuePlace.Backoff => _backoff, _ => null };
        heap?.Remove(queued);
        queued.Pod = pod;
        heap?.Add(queued);
    }

    private void TakeOut(QueuedPod queued)
    {
        _active.Remove(queued);
        _backoff.Remove(queued);
        _unschedulable.Remove(queued);
        queued.Place = QueuePlace.InFlight;
        queued.GatedBy = null;
    }
}
