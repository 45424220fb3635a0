namespace NodeAgent.Scheduler.Queue;

/// <summary>A binary heap from which any item can be taken out.</summary>
internal sealed class IndexedHeap<T>(Comparison<T> compare)
    where T : class
{
    private readonly List<T> _items = [];
    private readonly Dictionary<T, int> _positions = new(ReferenceEqualityComparer.Instance);

    public int Count => _items.Count;

    public IReadOnlyList<T> Items => _items;

    public bool Contains(T item) => _positions.ContainsKey(item);

    public T? Peek() => _items.Count == 0 ? null : _items[0];

    public void Add(T item)
    {
        _positions.Add(item, _items.Count);
        _items.Add(item);
        Rise(_items.Count - 1);
    }

    public T? Pop()
    {
        var first = Peek();
        if (first is not null)
        {
            Remove(first);
        }

        return first;
    }

    public bool Remove(T item)
    {
        if (!_positions.Remove(item, out var index))
        {
            return false;
        }

        var last = _items[^1];
        _items.RemoveAt(_items.Count - 1);
        if (index < _items.Count)
        {
            Place(last, index);
            Rise(index);
            Sink(_positions[last]);
        }

        return true;
    }

    private void Rise(int index)
    {
        var item = _items[index];
        while (index > 0)
        {
            var parent = (index - 1) / 2;
            if (compare(item, _items[parent]) >= 0)
            {
                break;
            }

            Place(_items[parent], index);
            index = parent;
        }

        Place(item, index);
    }

    private void Sink(int index)
    {
        var item = _items[index];
        while (true)
        {
            var child = (2 * index) + 1;
            if (child >= _items.Count)
            {
                break;
            }

            if (child + 1 < _items.Count && compare(_items[child + 1], _items[child]) < 0)
            {
                child++;
            }

            if (compare(item, _items[child]) <= 0)
            {
                break;
            }

            Place(_items[child], index);
            index = child;
        }

        Place(item, index);
    }

    private void Place(T item, int index)
    {
        _items[index] = item;
        _positions[item] = index;
    }
}
