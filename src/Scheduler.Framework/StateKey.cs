namespace NodeAgent.Scheduler.Framework;

/// <summary>Names a value in a <see cref="CycleState"/>; compared by identity, so keep it in a static field.</summary>
public sealed class StateKey<T>(string name) : IStateKey
    where T : class
{
    public string Name { get; } = name;

    /// <summary>
    /// The value is for filtering, preemption and scoring alone, and is let go once a node is chosen: a binding takes long compared
    /// with a decision, and hundreds may be under way.
    /// </summary>
    public bool EndsWithDecision { get; init; }
}
