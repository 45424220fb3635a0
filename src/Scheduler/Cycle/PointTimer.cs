using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Times the plugins of one extension point in one attempt.</summary>
internal readonly struct PointTimer(PluginTimes? times, string point, string profile, bool eachPlugin)
{
    private readonly long _start = times?.Now() ?? 0;

    /// <returns>What <see cref="EndPlugin"/> wants to know.</returns>
    public long StartPlugin() => eachPlugin ? times!.Now() : 0;

    public void EndPlugin(IPlugin plugin, Status status, long start)
    {
        times?.Evaluated(point, profile, plugin);
        if (eachPlugin)
        {
            times!.PluginEnded(point, plugin, status, start);
        }
    }

    public Status End(Status status)
    {
        times?.PointEnded(point, profile, status, _start);
        return status;
    }
}
