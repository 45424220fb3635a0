using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Framework.Plugins;

/// <param name="Nodes">The only nodes worth looking at; null for all. The set is the caller's to keep.</param>
public readonly record struct PreFilterResult(Status Status, NodeSet? Nodes = null)
{
    public static PreFilterResult Success => new(Status.Success);

    /// <summary>The plugin's Filter need not be called for this pod.</summary>
    public static PreFilterResult Skip => new(Status.Skip);
}
