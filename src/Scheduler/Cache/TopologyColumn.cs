namespace NodeAgent.Scheduler.Cache;

/// <summary>The values of one node label, as numbers.</summary>
internal sealed class TopologyColumn(string key)
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private int[] _domains = [];

    public int Count => _numbers.Count;

    public ReadOnlySpan<int> Domains => _domains;

    public void Resize(int capacity)
    {
        var old = _domains.Length;
        Array.Resize(ref _domains, capacity);
        _domains.AsSpan(old).Fill(-1);
    }

    public void Set(int slot, IReadOnlyDictionary<string, string>? labels)
    {
        if (labels is null || !labels.TryGetValue(key, out var value))
        {
            _domains[slot] = -1;
            return;
        }

        if (!_numbers.TryGetValue(value, out var number))
        {
            number = _numbers.Count;
            _numbers[value] = number;
        }

        _domains[slot] = number;
    }
}
