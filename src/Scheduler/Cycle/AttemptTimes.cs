using NodeAgent.Scheduler.Framework;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Times the plugins of one attempt; goes through it with the cycle state.</summary>
/// <param name="eachPlugin">Whether plugins are timed one by one too.</param>
internal sealed class AttemptTimes(PluginTimes? times, string profile, bool eachPlugin)
{
    private static readonly StateKey<AttemptTimes> Key = new("plugin times");
    private static readonly AttemptTimes None = new(null, "", false);

    /// <summary>Those of the attempt that the state belongs to; for simulations and explanations, which are not timed, some that do nothing.</summary>
    public static AttemptTimes Of(CycleState state) => state.Find(Key) ?? None;

    public void AttachTo(CycleState state) => state.Write(Key, this);

    /// <param name="point">Upstream's name of the extension point, such as <c>PreFilter</c>.</param>
    public PointTimer Start(string point) => new(times, point, profile, eachPlugin && times is not null);
}
