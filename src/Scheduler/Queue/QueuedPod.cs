using NodeAgent.Scheduler.Framework.Plugins;
using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Queue;

/// <inheritdoc cref="IQueuedPod"/>
internal sealed class QueuedPod(PodInfo pod, DateTimeOffset now) : IQueuedPod
{
    public PodInfo Pod { get; set; } = pod;

    public DateTimeOffset Timestamp { get; set; } = now;

    public int Attempts { get; set; }

    /// <summary>When it was tried first; null before.</summary>
    public DateTimeOffset? FirstAttempt { get; set; }

    /// <summary>Breaks ties: the order in which pods came into the queue.</summary>
    public long Sequence { get; set; }

    public QueuePlace Place { get; set; }

    /// <summary>Attempts that ended because no node fitted; the back-off grows with them.</summary>
    public int UnschedulableCount { get; set; }

    /// <summary>Attempts in a row that ended in an error.</summary>
    public int ErrorCount { get; set; }

    public DateTimeOffset BackoffEnd { get; set; }

    /// <summary>The plugins whose objections the next attempt must see gone. Empty after an error: then any event will do.</summary>
    public string[] RejectedBy { get; set; } = [];

    /// <summary>Plugins that asked to wait for something outside; when it comes, the pod is tried without back-off.</summary>
    public string[] PendingOn { get; set; } = [];

    /// <summary>It was woken because it had waited for so long, not by an event, and has not been refused since.</summary>
    public bool WasFlushed { get; set; }

    /// <summary>The PreEnqueue plugin that holds the pod back; null for none.</summary>
    public string? GatedBy { get; set; }

    public bool IsGated => GatedBy is not null;
}
