using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;
using Event = NodeAgent.KubeApi.Events.V1.Event;
using EventSeries = NodeAgent.KubeApi.Events.V1.EventSeries;

namespace NodeAgent.KubeApi.Events;

/// <summary>Events of events.k8s.io: the first of its kind is an object, the second makes it a series, the others are only counted.</summary>
/// <remarks>The count is written every half hour while a series goes on, and when nothing was added for six minutes, which ends it.</remarks>
internal sealed class SeriesEventWriter(IKubeClient client, string controller, string instance, TimeProvider clock) : IEventWriter
{
    private const int CacheEntries = 4096;
    private static readonly TimeSpan FinishAfter = TimeSpan.FromMinutes(6);
    private static readonly TimeSpan RefreshAfter = TimeSpan.FromMinutes(30);

    private readonly LruCache<Kind, Running> _running = new(CacheEntries);

    public TimeSpan MaintainInterval => TimeSpan.FromMinutes(1);

    public EventWrite? Join(PendingEvent pending)
    {
        var kind = new Kind(pending.Type, pending.Action ?? pending.Reason, pending.Reason, pending.Regarding, pending.Related);
        if (!_running.TryGet(kind, out var running))
        {
            var first = Build(pending);
            _running.Set(kind, new Running(first, pending.Time));
            return Write(first, token => client.CreateAsync(Resources.SeriesEvents, first, token));
        }

        running.Last = pending.Time;
        if (running.Event.Series is { } series)
        {
            series.Count++;
            series.LastObservedTime = MicroTime.From(pending.Time);
            return null;
        }

        running.Event.Series = new EventSeries { Count = 2, LastObservedTime = MicroTime.From(pending.Time) };
        return WriteSeries(running);
    }

    public IReadOnlyList<EventWrite> Maintain(bool isLast)
    {
        var now = clock.GetUtcNow();
        var writes = new List<EventWrite>();
        foreach (var (kind, running) in _running.Entries.ToArray())
        {
            var isOver = isLast || now - running.Last >= FinishAfter;
            if (running.HasNews && (isOver || now - running.Written >= RefreshAfter))
            {
                writes.Add(WriteSeries(running));
            }

            if (isOver)
            {
                _running.Remove(kind);
            }
        }

        return writes;
    }

    private static EventWrite Write(Event value, Func<CancellationToken, Task> write) =>
        new($"{value.Reason} about {value.Regarding.Kind} {value.Metadata.Namespace}/{value.Regarding.Name}", write);

    private Event Build(PendingEvent pending)
    {
        var value = new Event
        {
            Metadata = new ObjectMeta { Name = EventText.Name(pending.Regarding.Name, pending.Time), Namespace = pending.Namespace },
            EventTime = MicroTime.From(pending.Time),
            ReportingController = controller,
            ReportingInstance = instance,
            Action = pending.Action ?? pending.Reason,
            Reason = pending.Reason,
            Regarding = pending.Regarding,
            Note = pending.Message,
            Type = pending.Type,
        };
        if (pending.Related is not null)
        {
            value.Related = pending.Related;
        }

        return value;
    }

    private EventWrite WriteSeries(Running running)
    {
        running.Written = clock.GetUtcNow();
        running.WrittenCount = running.Event.Series.Count;
        var value = running.Event.Clone();
        return Write(value, token => PatchAsync(running, value, token));
    }

    private async Task PatchAsync(Running running, Event value, CancellationToken cancellationToken)
    {
        var series = new JsonObject { ["count"] = value.Series.Count, ["lastObservedTime"] = value.Series.LastObservedTime.ToRfc3339() };
        var patch = KubeJson.ToText(new JsonObject { ["series"] = series });
        try
        {
            await client.PatchAsync(Resources.SeriesEvents, value.Metadata.Namespace, value.Metadata.Name, PatchType.StrategicMerge, Encoding.UTF8.GetBytes(patch), cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            value.Metadata.Name = running.Event.Metadata.Name = EventText.Name(value.Regarding.Name, clock.GetUtcNow());
            await client.CreateAsync(Resources.SeriesEvents, value, cancellationToken);
        }
    }

    /// <summary>What makes two events the same, their texts and times aside.</summary>
    private sealed record Kind(string Type, string Action, string Reason, ObjectReference Regarding, ObjectReference? Related);

    private sealed class Running(Event value, DateTimeOffset time)
    {
        public Event Event { get; } = value;

        public DateTimeOffset Last { get; set; } = time;

        public DateTimeOffset Written { get; set; } = time;

        public int WrittenCount { get; set; } = 1;

        public bool HasNews => Event.Series is { } series && series.Count > WrittenCount;
    }
}
