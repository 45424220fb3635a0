namespace NodeAgent.Scheduler.Framework;

/// <summary>What a plugin's answer means for the attempt.</summary>
public enum StatusCode
{
    /// <summary>The plugin has no objection.</summary>
    Success,

    /// <summary>The plugin itself failed. The pod is tried again after a back-off, whatever events come.</summary>
    Error,

    /// <summary>The pod cannot run there now; removing other pods (preemption) may change that.</summary>
    Unschedulable,

    /// <summary>The pod cannot run there, and removing other pods would not help.</summary>
    UnschedulableAndUnresolvable,

    /// <summary>From Permit: the pod waits for a later decision.</summary>
    Wait,

    /// <summary>From PreFilter and PreScore: the plugin's Filter or Score need not be called. From Bind: this plugin does not bind the pod.</summary>
    Skip,

    /// <summary>The plugin waits for something outside; the attempt ends, and the pod comes back without a back-off when it has come.</summary>
    Pending,
}
