namespace NodeAgent.Scheduler.Cycle;

internal enum ChangeKind
{
    Pod,
    Node,
    Namespace,

    /// <summary>Anything else that may wake pods; <see cref="Change.Event"/> says what.</summary>
    Other,

    /// <summary>An <see cref="Action"/> in <see cref="Change.New"/> that wants to run on the loop.</summary>
    Call,
}
