using NodeAgent.Scheduler.Framework.Pods;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <summary>A pod that Permit plugins made wait. Safe for use from any thread.</summary>
public interface IWaitingPod
{
    PodInfo Pod { get; }

    string NodeName { get; }

    /// <summary>The plugins that it still waits for.</summary>
    IReadOnlyCollection<string> PendingPlugins { get; }

    /// <summary>One plugin has no more objection; with the last one the pod goes on.</summary>
    void Allow(string pluginName);

    void Reject(string pluginName, string reason);
}
