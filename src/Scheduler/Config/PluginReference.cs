namespace NodeAgent.Scheduler.Config;

/// <summary>A plugin, by name.</summary>
internal sealed record PluginReference
{
    public string Name { get; init; } = "";

    /// <summary>For scoring; zero for the default.</summary>
    public int Weight { get; init; }
}
