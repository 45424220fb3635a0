namespace NodeAgent.Scheduler.Framework.Nodes;

/// <summary>The nodes that a filter plugin is asked about, and where it puts its refusals.</summary>
public sealed class NodeFilter
{
    private Status?[] _statuses;
    private Status? _lastUnnamed;
    private Status? _lastNamed;

    internal NodeFilter(INodeTable table, NodeSet feasible, Status?[] statuses)
    {
        Table = table;
        Feasible = feasible;
        _statuses = statuses;
    }

    public INodeTable Table { get; }

    /// <summary>The nodes that no plugin has refused yet. Go through it and call <see cref="Reject"/>; removing the current one is allowed.</summary>
    public NodeSet Feasible { get; }

    /// <summary>The plugin that is being asked; refusals carry its name.</summary>
    internal string CurrentPlugin { get; set; } = "";

    /// <summary>The first error that a plugin gave; it ends the attempt.</summary>
    internal Status? Error { get; private set; }

    internal Status?[] Statuses => _statuses;

    internal void Fail(Status error) => Error ??= error;

    /// <summary>Takes the node out of <see cref="Feasible"/>. Use one <see cref="Status"/> for many nodes where the reasons are the same.</summary>
    public void Reject(int slot, Status status)
    {
        var named = status.Plugin.Length == 0 ? Named(status) : status;
        if (named.Code == StatusCode.Error)
        {
            Error ??= named;
        }

        Feasible.Remove(slot);
        if (slot >= _statuses.Length)
        {
            Array.Resize(ref _statuses, Math.Max(Table.Capacity, slot + 1));
        }

        _statuses[slot] = named;
    }

    private Status Named(Status status)
    {
        if (!ReferenceEquals(_lastUnnamed, status) || _lastNamed!.Plugin != CurrentPlugin)
        {
            _lastUnnamed = status;
            _lastNamed = status.WithPlugin(CurrentPlugin);
        }

        return _lastNamed!;
    }
}
