using NodeAgent.Scheduler.Framework.Events;

namespace NodeAgent.Scheduler.Queue;

/// <summary>The events since the oldest attempt under way began, so that a pod that fails late does not miss what came meanwhile.</summary>
internal sealed class FlightLog
{
    private const int TrimAt = 4_096;

    private readonly Dictionary<string, long> _starts = new(StringComparer.Ordinal);
    private readonly List<(ClusterEvent Event, object? Old, object? New)> _events = [];
    private long _first;

    public int Count => _starts.Count;

    public int EventCount => _events.Count;

    public void Begin(string uid) => _starts[uid] = _first + _events.Count;

    public void Record(ClusterEvent clusterEvent, object? oldObject, object? newObject)
    {
        if (_starts.Count > 0)
        {
            _events.Add((clusterEvent, oldObject, newObject));
        }
    }

    public void End(string uid)
    {
        if (!_starts.Remove(uid))
        {
            return;
        }

        if (_starts.Count == 0)
        {
            _first += _events.Count;
            _events.Clear();
        }
        else if (_events.Count >= TrimAt)
        {
            var drop = (int)(_starts.Values.Min() - _first);
            _events.RemoveRange(0, drop);
            _first += drop;
        }
    }

    /// <summary>The events since the pod's attempt began.</summary>
    public IEnumerable<(ClusterEvent Event, object? Old, object? New)> Since(string uid) =>
        _starts.TryGetValue(uid, out var start) ? _events.Skip((int)(start - _first)) : [];
}
