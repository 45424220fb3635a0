using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.KubeApi.Events;

/// <summary>Records events and writes them behind the caller's back: <see cref="Record"/> may be called before and while <see cref="RunAsync"/> runs.</summary>
public sealed class EventRecorder : IEventRecorder
{
    private readonly EventQueue[] _queues;
    private readonly TimeProvider _clock;

    private EventRecorder(Func<IEventWriter> makeWriter, EventRecorderOptions options, TimeProvider clock, Random random, ILogger<EventRecorder> logger)
    {
        _clock = clock;
        _queues = [.. Enumerable.Range(0, options.Writers).Select(_ => new EventQueue(makeWriter(), options, clock, random, logger))];
    }

    /// <summary>Events that were dropped because too many waited.</summary>
    public long Dropped => _queues.Sum(q => q.Dropped);

    /// <summary>Events that could not be written, for good.</summary>
    public long Failed => _queues.Sum(q => q.Failed);

    /// <summary>Writes events of the core group, as the kubelet and the proxy do.</summary>
    /// <param name="component">Such as <c>kubelet</c>.</param>
    /// <param name="host">The node's name.</param>
    public static EventRecorder ForCore(
        IKubeClient client, string component, string host, TimeProvider clock, Random random, ILogger<EventRecorder> logger, EventRecorderOptions? options = null) =>
        new(() => new CoreEventWriter(client, new EventSource { Component = component, Host = host }, clock), options ?? EventRecorderOptions.Default, clock, random, logger);

    /// <summary>Writes events of events.k8s.io, as the scheduler does.</summary>
    /// <param name="controller">Such as <c>default-scheduler</c>.</param>
    /// <param name="instance">The controller's name and the host's.</param>
    public static EventRecorder ForSeries(
        IKubeClient client, string controller, string instance, TimeProvider clock, Random random, ILogger<EventRecorder> logger, EventRecorderOptions? options = null) =>
        new(() => new SeriesEventWriter(client, controller, instance, clock), options ?? EventRecorderOptions.Default, clock, random, logger);

    /// <inheritdoc/>
    public void Record(ObjectReference regarding, EventType type, string reason, string message, string? action = null, ObjectReference? related = null)
    {
        var pending = new PendingEvent(regarding.Clone(), type.ToString(), reason, EventText.Cut(message), action, related?.Clone(), _clock.GetUtcNow());
        var hash = string.GetHashCode(regarding.Uid.Length > 0 ? regarding.Uid : regarding.Name, StringComparison.Ordinal);
        _queues[(int)((uint)hash % (uint)_queues.Length)].Add(pending);
    }

    /// <summary>Writes until cancelled, then writes what still waits, for a short while.</summary>
    public Task RunAsync(CancellationToken cancellationToken) => Task.WhenAll(_queues.Select(q => q.RunAsync(cancellationToken)));
}
