namespace NodeAgent.Scheduler;

/// <summary>Gives one object for all that are equal, so that what many have in common is in memory once.</summary>
/// <param name="most">Beyond that many it starts over: what no two have in common fills it, too.</param>
/// <remarks>Not thread-safe. What it has given is shared and must not be changed.</remarks>
internal sealed class Pool<T>(int most)
    where T : class, IEquatable<T>
{
    private readonly Dictionary<T, T> _known = [];

    public T Get(T value)
    {
        if (_known.TryGetValue(value, out var known))
        {
            return known;
        }

        if (_known.Count >= most)
        {
            _known.Clear();
        }

        _known[value] = value;
        return value;
    }

    /// <summary>Puts those of the pool in the place of the list's own.</summary>
    public void Share(IList<T> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            values[i] = Get(values[i]);
        }
    }
}
