namespace NodeAgent.Scheduler.Framework;

/// <summary>What the plugins of one attempt remember between extension points. Used by one thread at a time.</summary>
public sealed class CycleState
{
    private Dictionary<IStateKey, object> _values;
    private bool _isShared;

    public CycleState()
        : this([], isShared: false)
    {
    }

    private CycleState(Dictionary<IStateKey, object> values, bool isShared) => (_values, _isShared) = (values, isShared);

    public void Write<T>(StateKey<T> key, T value)
        where T : class
    {
        Own();
        _values[key] = value;
    }

    public T? Find<T>(StateKey<T> key)
        where T : class => _values.TryGetValue(key, out var value) ? (T)value : null;

    /// <exception cref="InvalidOperationException">Nothing was written under the key: an earlier extension point did not run.</exception>
    public T Read<T>(StateKey<T> key)
        where T : class => Find(key) ?? throw new InvalidOperationException($"The cycle state has nothing under \"{key.Name}\".");

    /// <summary>Lets go of what nobody reads once the node is chosen.</summary>
    internal void EndDecision()
    {
        Own();
        foreach (var key in _values.Keys.Where(k => k.EndsWithDecision).ToList())
        {
            _values.Remove(key);
        }
    }

    /// <summary>A state for trying changes: values that are <see cref="ICloneableState"/> are copied, others shared.</summary>
    public CycleState Clone()
    {
        Dictionary<IStateKey, object>? copy = null;
        foreach (var (key, value) in _values)
        {
            if (value is ICloneableState cloneable)
            {
                copy ??= new Dictionary<IStateKey, object>(_values);
                copy[key] = cloneable.Clone();
            }
        }

        _isShared |= copy is null;
        return new CycleState(copy ?? _values, isShared: copy is null);
    }

    /// <summary>Copies what a clone shares before it is written to.</summary>
    private void Own()
    {
        if (_isShared)
        {
            _values = new Dictionary<IStateKey, object>(_values);
            _isShared = false;
        }
    }
}
