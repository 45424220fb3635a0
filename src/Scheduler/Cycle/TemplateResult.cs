using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>What the node-local plugins said of every node for one template, as of a position in the change log.</summary>
internal sealed class TemplateResult(int scorers)
{
    private Status?[] _statuses = [];

    /// <summary>Up to where the table's changes are in here; below zero when nothing is.</summary>
    public long Position { get; set; } = -1;

    /// <summary>The epochs of the plugins, to be compared.</summary>
    public long[] Epochs { get; set; } = [];

    public NodeSet Feasible { get; } = new();

    /// <summary>By slot, why the node was refused. Entries of feasible nodes mean nothing.</summary>
    public Status?[] Statuses => _statuses;

    /// <summary>By score plugin of the profile and slot, the raw score; null for plugins that are not node-local or were skipped.</summary>
    public ScoreColumn?[] Raw { get; } = new ScoreColumn?[scorers];

    /// <summary>When it was last used, to know which to drop.</summary>
    public long LastUsed { get; set; }

    public void EnsureCapacity(int capacity)
    {
        if (_statuses.Length < capacity)
        {
            Array.Resize(ref _statuses, capacity);
        }
    }
}
