using System.Text.Json;
using NodeAgent.Hosting.Config;
using NodeAgent.Scheduler.Cycle;
using NodeAgent.Scheduler.Framework.Plugins;

namespace NodeAgent.Scheduler.Config;

/// <summary>Turns a profile of the configuration into plugins.</summary>
internal sealed class ProfileBuilder(PluginRegistry registry, Func<string, IPluginHost> hostOf)
{
    /// <exception cref="ConfigException">The configuration asks for something that cannot be; the message lists all of it.</exception>
    public Profile Build(KubeSchedulerProfile config, int? percentageOfNodesToScore = null)
    {
        var errors = new List<string>();
        var multiPoint = Merge(registry.Defaults, config.Plugins.MultiPoint);
        var instances = Create(config, multiPoint, errors);
        var profile = errors.Count > 0 ? null : Assemble(config, multiPoint, instances, percentageOfNodesToScore, errors);
        return errors.Count == 0 ? profile! : throw new ConfigException("the configuration cannot be used", [.. errors.Select(e => $"profile \"{config.SchedulerName}\": {e}")]);
    }

    /// <summary>The defaults without what is disabled; what is enabled takes the place of the default of its name, or comes after all.</summary>
    internal static List<PluginReference> Merge(IReadOnlyList<PluginReference> defaults, PluginSet set)
    {
        var result = new List<PluginReference>();
        var replaced = new HashSet<string>();
        foreach (var plugin in defaults)
        {
            if (set.Disables(plugin.Name))
            {
                continue;
            }

            var own = set.Enabled.FirstOrDefault(e => e.Name == plugin.Name);
            result.Add(own ?? plugin);
            if (own is not null)
            {
                replaced.Add(own.Name);
            }
        }

        result.AddRange(set.Enabled.Where(e => !replaced.Contains(e.Name)));
        return result;
    }

    /// <summary>The plugins of one extension point: those that it names itself first where they override, then the general ones, then its own others.</summary>
    internal static List<(T Plugin, int Weight)> Select<T>(PluginSet own, IReadOnlyList<PluginReference> multiPoint, IReadOnlyDictionary<string, IPlugin> instances, List<string> errors, string point)
        where T : class, IPlugin
    {
        var result = new List<(T, int)>();
        var overrides = own.Enabled.Where(e => multiPoint.Any(m => m.Name == e.Name)).ToList();
        foreach (var reference in overrides.Concat(multiPoint.Where(m => !own.Disables(m.Name) && !own.Enabled.Any(e => e.Name == m.Name))).Concat(own.Enabled.Except(overrides)))
        {
            var isOwn = own.Enabled.Contains(reference);
            if (instances[reference.Name] is T plugin)
            {
                result.Add((plugin, reference.Weight == 0 ? 1 : reference.Weight));
            }
            else if (isOwn)
            {
                errors.Add($"plugins.{point}.enabled: {reference.Name} does not take part in {point}");
            }
        }

        foreach (var twice in own.Enabled.GroupBy(e => e.Name).Where(g => g.Count() > 1))
        {
            errors.Add($"plugins.{point}.enabled: {twice.Key} is named {twice.Count()} times");
        }

        return result;
    }

    private Dictionary<string, IPlugin> Create(KubeSchedulerProfile config, List<PluginReference> multiPoint, List<string> errors)
    {
        var instances = new Dictionary<string, IPlugin>(StringComparer.Ordinal);
        var host = hostOf(config.SchedulerName);
        foreach (var name in multiPoint.Concat(Points(config.Plugins).SelectMany(p => p.Set.Enabled)).Select(r => r.Name).Distinct())
        {
            if (registry.Find(name) is not { } create)
            {
                errors.Add($"there is no plugin \"{name}\"; known are {string.Join(", ", registry.Names.Order(StringComparer.Ordinal))}");
                continue;
            }

            try
            {
                instances[name] = create(config.PluginConfig.FirstOrDefault(c => c.Name == name)?.Args, host);
            }
            catch (ConfigException e)
            {
                errors.AddRange(e.Errors);
            }
            catch (Exception e) when (e is FormatException or JsonException)
            {
                errors.Add($"pluginConfig of {name}: {e.Message}");
            }
        }

        foreach (var unknown in config.PluginConfig.Where(c => registry.Find(c.Name) is null))
        {
            errors.Add($"pluginConfig: there is no plugin \"{unknown.Name}\"");
        }

        foreach (var twice in config.PluginConfig.GroupBy(c => c.Name).Where(g => g.Count() > 1))
        {
            errors.Add($"pluginConfig: {twice.Key} is named {twice.Count()} times");
        }

        return instances;
    }

    private static Profile? Assemble(KubeSchedulerProfile config, List<PluginReference> multiPoint, Dictionary<string, IPlugin> instances, int? percentage, List<string> errors)
    {
        List<T> Of<T>(PluginSet set, string point)
            where T : class, IPlugin => [.. Select<T>(set, multiPoint, instances, errors, point).Select(p => p.Plugin)];

        var plugins = config.Plugins;
        var sort = Of<IQueueSortPlugin>(plugins.QueueSort, "queueSort");
        var bind = Of<IBindPlugin>(plugins.Bind, "bind");
        if (sort.Count != 1)
        {
            errors.Add($"exactly one queueSort plugin is needed, there are {sort.Count}");
        }

        if (bind.Count == 0)
        {
            errors.Add("at least one bind plugin is needed");
        }

        return errors.Count > 0 ? null : new Profile(config.SchedulerName)
        {
            QueueSort = sort[0],
            PreEnqueue = Of<IPreEnqueuePlugin>(plugins.PreEnqueue, "preEnqueue"),
            PreFilter = Of<IPreFilterPlugin>(plugins.PreFilter, "preFilter"),
            Filter = Of<IFilterPlugin>(plugins.Filter, "filter"),
            PostFilter = Of<IPostFilterPlugin>(plugins.PostFilter, "postFilter"),
            PreScore = Of<IPreScorePlugin>(plugins.PreScore, "preScore"),
            Score = [.. Select<IScorePlugin>(plugins.Score, multiPoint, instances, errors, "score").Select(p => new WeightedScore(p.Plugin, p.Weight))],
            Reserve = Of<IReservePlugin>(plugins.Reserve, "reserve"),
            Permit = Of<IPermitPlugin>(plugins.Permit, "permit"),
            PreBind = Of<IPreBindPlugin>(plugins.PreBind, "preBind"),
            Bind = bind,
            PostBind = Of<IPostBindPlugin>(plugins.PostBind, "postBind"),
            Plugins = [.. instances.Values],
            PercentageOfNodesToScore = config.PercentageOfNodesToScore ?? percentage,
        };
    }

    private static IEnumerable<(string Name, PluginSet Set)> Points(PluginsConfiguration plugins) =>
    [
        ("preEnqueue", plugins.PreEnqueue),
        ("queueSort", plugins.QueueSort),
        ("preFilter", plugins.PreFilter),
        ("filter", plugins.Filter),
        ("postFilter", plugins.PostFilter),
        ("preScore", plugins.PreScore),
        ("score", plugins.Score),
        ("reserve", plugins.Reserve),
        ("permit", plugins.Permit),
        ("preBind", plugins.PreBind),
        ("bind", plugins.Bind),
        ("postBind", plugins.PostBind),
    ];
}
