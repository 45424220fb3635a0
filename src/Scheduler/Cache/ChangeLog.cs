using NodeAgent.Scheduler.Framework.Nodes;

namespace NodeAgent.Scheduler.Cache;

/// <summary>Which node slots changed, in order, for those who want to look again only at what changed since they last looked.</summary>
internal sealed class ChangeLog
{
    private readonly int[] _slots = new int[1 << 14];

    /// <summary>The number of changes so far.</summary>
    public long Position { get; private set; }

    public void Add(int slot)
    {
        _slots[Position & (_slots.Length - 1)] = slot;
        Position++;
    }

    /// <summary>Adds the slots that changed since the position.</summary>
    /// <returns>False when the log does not reach back that far: everything may have changed.</returns>
    public bool TryRead(long since, NodeSet changed)
    {
        if (Position - since > _slots.Length)
        {
            return false;
        }

        for (var i = since; i < Position; i++)
        {
            changed.Add(_slots[i & (_slots.Length - 1)]);
        }

        return true;
    }
}
