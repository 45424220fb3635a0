using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Cycle;

/// <summary>The plugins that one attempt asks about nodes: those whose PreFilter did not say that there is nothing to do.</summary>
internal sealed class ActivePlugins
{
    private static readonly StateKey<ActivePlugins> Key = new("active plugins") { EndsWithDecision = true };

    public ActivePlugins(Profile profile, IReadOnlySet<string> skipped)
    {
        Filters = [.. profile.Filter.Where(f => !skipped.Contains(f.Name))];
        LocalFilters = [.. Filters.Where(f => f is INodeLocal)];
        OtherFilters = [.. Filters.Where(f => f is not INodeLocal)];
        Updates = [.. profile.PreFilter.OfType<IPreFilterUpdates>().Where(p => !skipped.Contains(p.Name))];
    }

    public IFilterPlugin[] Filters { get; }

    public IFilterPlugin[] LocalFilters { get; }

    public IFilterPlugin[] OtherFilters { get; }

    /// <summary>Those that keep count of pods and have to be told of one that is added or removed for a trial.</summary>
    public IPreFilterUpdates[] Updates { get; }

    public static ActivePlugins Of(CycleState state) => state.Read(Key);

    public void AttachTo(CycleState state) => state.Write(Key, this);
}
