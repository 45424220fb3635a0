using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Why nodes were refused, by slot. A few statuses stand for thousands of nodes: a node costs a number, and counting them nothing.</summary>
internal sealed class StatusColumn
{
    private readonly List<(Status Status, int Count)> _counts = [];
    private readonly Dictionary<Status, int> _numbers = new(ReferenceEqualityComparer.Instance);

    // The place in _counts, plus one; zero for none.
    private int[] _bySlot = [];

    /// <summary>The slots that have a status.</summary>
    public int Count { get; private set; }

    /// <summary>Each status, and for how many slots it stands.</summary>
    public IEnumerable<(Status Status, int Count)> Counts => _counts.Where(c => c.Count > 0);

    public Status? this[int slot] => slot < _bySlot.Length && _bySlot[slot] is > 0 and var number ? _counts[number - 1].Status : null;

    /// <returns>Whether the status is a new one.</returns>
    public bool Set(int slot, Status status)
    {
        if (slot >= _bySlot.Length)
        {
            Array.Resize(ref _bySlot, Math.Max(slot + 1, Math.Max(64, _bySlot.Length * 2)));
        }

        var isNew = !_numbers.TryGetValue(status, out var number);
        if (isNew)
        {
            _counts.Add((status, 0));
            number = _counts.Count;
            _numbers[status] = number;
        }

        Move(_bySlot[slot], -1);
        Move(number, 1);
        _bySlot[slot] = number;
        return isNew;
    }

    private void Move(int number, int by)
    {
        if (number > 0)
        {
            _counts[number - 1] = (_counts[number - 1].Status, _counts[number - 1].Count + by);
            Count += by;
        }
    }
}
