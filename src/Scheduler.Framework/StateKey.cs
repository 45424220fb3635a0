namespace NodeAgent.Scheduler.Framework;

/// <summary>Names a value in a <see cref="CycleState"/>; compared by identity, so keep it in a static field.</summary>
public sealed class StateKey<T>(string name)
    where T : class
{
    public string Name { get; } = name;
}
