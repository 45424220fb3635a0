using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>A pod in the scheduling queue.</summary>
public interface IQueuedPod
{
    PodInfo Pod { get; }

    /// <summary>When it was last put into the queue.</summary>
    DateTimeOffset Timestamp { get; }

    /// <summary>How often it has been tried.</summary>
    int Attempts { get; }
}
