namespace NodeAgent.Scheduler.Config;

/// <summary>Plugins by extension point.</summary>
internal sealed record PluginsConfiguration
{
    public PluginSet PreEnqueue { get; init; } = new();

    public PluginSet QueueSort { get; init; } = new();

    public PluginSet PreFilter { get; init; } = new();

    public PluginSet Filter { get; init; } = new();

    public PluginSet PostFilter { get; init; } = new();

    public PluginSet PreScore { get; init; } = new();

    public PluginSet Score { get; init; } = new();

    public PluginSet Reserve { get; init; } = new();

    public PluginSet Permit { get; init; } = new();

    public PluginSet PreBind { get; init; } = new();

    public PluginSet Bind { get; init; } = new();

    public PluginSet PostBind { get; init; } = new();

    /// <summary>For every extension point that the plugin implements.</summary>
    public PluginSet MultiPoint { get; init; } = new();
}
