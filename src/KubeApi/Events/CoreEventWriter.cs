using System.Text;
using System.Text.Json.Nodes;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Manifests;
using NodeAgent.KubeApi.Meta.V1;

namespace NodeAgent.KubeApi.Events;

/// <summary>Events of the core group: equal ones are counted in one object, similar ones joined, and noisy sources held back.</summary>
/// <remarks>
/// Equal: everything but the time. Similar: everything but the time and the message; from the tenth message within ten minutes
/// on, they share one object. Noisy: more than 25 at once about one object, and one more each five minutes.
/// </remarks>
internal sealed class CoreEventWriter(IKubeClient client, EventSource source, TimeProvider clock) : IEventWriter
{
    private const int CacheEntries = 4096;
    private const int SimilarMessages = 10;
    private const string JoinedPrefix = "(combined from similar events): ";
    private const int EventBurst = 25;
    private const double EventsPerSecond = 1.0 / 300;
    private static readonly TimeSpan SimilarWithin = TimeSpan.FromSeconds(600);

    private readonly LruCache<string, RateLimiter> _buckets = new(CacheEntries);
    private readonly LruCache<string, Similar> _similar = new(CacheEntries);
    private readonly LruCache<string, Observed> _observed = new(CacheEntries);

    public TimeSpan MaintainInterval => Timeout.InfiniteTimeSpan;

    public IReadOnlyList<EventWrite> Maintain(bool isLast) => [];

    public EventWrite? Join(PendingEvent pending)
    {
        var (key, message) = Aggregate(pending);
        var now = Time.From(pending.Time);
        var isRepeated = _observed.TryGet(key, out var earlier);
        var observed = isRepeated
            ? earlier! with { Count = earlier.Count + 1 }
            : new Observed(EventText.Name(pending.Regarding.Name, pending.Time), 1, now);
        _observed.Set(key, observed);
        if (!Bucket(pending).TryTake())
        {
            return null;
        }

        var value = Build(pending, message, observed, now);
        return new EventWrite(Describe(value), isRepeated ? token => PatchAsync(key, value, token) : token => CreateAsync(key, value, token));
    }

    private static string Describe(Event value) => $"{value.Reason} about {value.InvolvedObject.Kind} {value.Metadata.Namespace}/{value.InvolvedObject.Name}";

    private static string Key(params ReadOnlySpan<string> parts) => string.Join('\u001f', parts!);

    private static string ObjectKey(ObjectReference o) => Key(o.Kind, o.Namespace, o.Name, o.Uid, o.ApiVersion);

    private (string Key, string Message) Aggregate(PendingEvent pending)
    {
        var aggregateKey = Key(ObjectKey(pending.Regarding), pending.Type, pending.Reason);
        if (!_similar.TryGet(aggregateKey, out var similar) || pending.Time - similar.Last > SimilarWithin)
        {
            similar = new Similar();
            _similar.Set(aggregateKey, similar);
        }

        similar.Last = pending.Time;
        similar.Messages.Add(pending.Message);
        if (similar.Messages.Count < SimilarMessages)
        {
            return (Key(ObjectKey(pending.Regarding), pending.Regarding.FieldPath, pending.Type, pending.Reason, pending.Message), pending.Message);
        }

        // Held at the limit, so that the set does not grow.
        similar.Messages.Remove(similar.Messages.First());
        return (aggregateKey, EventText.Cut(JoinedPrefix + pending.Message));
    }

    private RateLimiter Bucket(PendingEvent pending)
    {
        var key = Key(ObjectKey(pending.Regarding), pending.Type);
        if (!_buckets.TryGet(key, out var bucket))
        {
            bucket = new RateLimiter(EventsPerSecond, EventBurst, clock);
            _buckets.Set(key, bucket);
        }

        return bucket;
    }

    private Event Build(PendingEvent pending, string message, Observed observed, Time now) => new()
    {
        Metadata = new ObjectMeta { Name = observed.Name, Namespace = pending.Namespace },
        InvolvedObject = pending.Regarding,
        Reason = pending.Reason,
        Message = message,
        Source = source,
        FirstTimestamp = observed.First,
        LastTimestamp = now,
        Count = observed.Count,
        Type = pending.Type,
        ReportingComponent = source.Component,
        ReportingInstance = source.Host,
    };

    private async Task CreateAsync(string key, Event value, CancellationToken cancellationToken)
    {
        await client.CreateAsync(Resources.CoreEvents, value, cancellationToken);
        _observed.Set(key, new Observed(value.Metadata.Name, value.Count, value.FirstTimestamp));
    }

    private async Task PatchAsync(string key, Event value, CancellationToken cancellationToken)
    {
        var patch = new JsonObject { ["count"] = value.Count, ["lastTimestamp"] = value.LastTimestamp.ToRfc3339(), ["message"] = value.Message };
        try
        {
            await client.PatchAsync(Resources.CoreEvents, value.Metadata.Namespace, value.Metadata.Name, PatchType.StrategicMerge, Encoding.UTF8.GetBytes(KubeJson.ToText(patch)), cancellationToken);
        }
        catch (KubeApiException e) when (e.IsNotFound)
        {
            // The server forgets events after an hour.
            var again = value.Clone();
            again.Metadata.Name = EventText.Name(value.InvolvedObject.Name, clock.GetUtcNow());
            await CreateAsync(key, again, cancellationToken);
        }
    }

    private sealed record Observed(string Name, int Count, Time First);

    private sealed class Similar
    {
        public HashSet<string> Messages { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset Last { get; set; }
    }
}
