namespace NodeAgent.Scheduler.Framework;

/// <summary>What a <see cref="CycleState"/> has to know of a key whatever the type of its value.</summary>
internal interface IStateKey
{
    bool EndsWithDecision { get; }
}
