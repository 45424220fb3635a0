namespace NodeAgent.Scheduler.Framework;

/// <summary>A value in a <see cref="CycleState"/> that preemption may change while it tries things out.</summary>
public interface ICloneableState
{
    object Clone();
}
