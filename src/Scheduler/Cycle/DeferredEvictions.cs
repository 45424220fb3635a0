using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>
/// Evictions that wait until it is known whether they help: no pod has to leave for a member of a group that has no room as a whole.
/// Goes through an attempt with the cycle state.
/// </summary>
internal sealed class DeferredEvictions
{
    private static readonly StateKey<DeferredEvictions> Key = new("deferred evictions");

    private readonly List<Action> _starts = [];

    /// <summary>Null in an attempt of a pod on its own, where nothing is put off.</summary>
    public static DeferredEvictions? Of(CycleState state) => state.Find(Key);

    public void AttachTo(CycleState state) => state.Write(Key, this);

    public void Add(Action start) => _starts.Add(start);

    public void Start() => _starts.ForEach(s => s());
}
