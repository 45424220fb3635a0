using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>Calls plugins so that one that throws costs the attempt and nothing else.</summary>
internal static class Guard
{
    public static Status Call(IPlugin plugin, Func<Status> call)
    {
        try
        {
            return call().WithPlugin(plugin.Name);
        }
        catch (Exception e)
        {
            return Failure(plugin, e);
        }
    }

    public static Status Call(IPlugin plugin, in PointTimer timer, Func<Status> call)
    {
        var start = timer.StartPlugin();
        var status = Call(plugin, call);
        timer.EndPlugin(plugin, status, start);
        return status;
    }

    public static Status Failure(IPlugin plugin, Exception exception) =>
        Status.Error(new InvalidOperationException($"plugin {plugin.Name}: {exception.Message}", exception)).WithPlugin(plugin.Name);
}
