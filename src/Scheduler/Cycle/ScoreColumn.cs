namespace NodeAgent.Scheduler.Cycle;

/// <summary>
/// A plugin's raw scores, by slot. A byte each while that is enough, as it is for all but a few: a template keeps as many columns as
/// it has plugins, and there may be a hundred templates.
/// </summary>
internal sealed class ScoreColumn
{
    private byte[] _narrow = [];
    private long[]? _wide;

    public void EnsureCapacity(int capacity)
    {
        if (_wide is not null)
        {
            Array.Resize(ref _wide, Math.Max(capacity, _wide.Length));
        }
        else if (_narrow.Length < capacity)
        {
            Array.Resize(ref _narrow, capacity);
        }
    }

    public void Set(ReadOnlySpan<int> slots, ReadOnlySpan<long> scores)
    {
        if (_wide is null && scores.ContainsAnyExceptInRange(byte.MinValue, byte.MaxValue))
        {
            _wide = Array.ConvertAll(_narrow, score => (long)score);
            _narrow = [];
        }

        for (var i = 0; i < slots.Length; i++)
        {
            if (_wide is not null)
            {
                _wide[slots[i]] = scores[i];
            }
            else
            {
                _narrow[slots[i]] = (byte)scores[i];
            }
        }
    }

    public void CopyTo(ReadOnlySpan<int> slots, Span<long> scores)
    {
        for (var i = 0; i < slots.Length; i++)
        {
            scores[i] = _wide is not null ? _wide[slots[i]] : _narrow[slots[i]];
        }
    }
}
