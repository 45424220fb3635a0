namespace NodeAgent.Scheduler.Config;

/// <summary>The plugins for the pods of one scheduler name, as differences from the defaults.</summary>
internal sealed record KubeSchedulerProfile
{
    public string SchedulerName { get; init; } = "default-scheduler";

    public int? PercentageOfNodesToScore { get; init; }

    public PluginsConfiguration Plugins { get; init; } = new();

    public IReadOnlyList<PluginConfiguration> PluginConfig { get; init; } = [];
}
