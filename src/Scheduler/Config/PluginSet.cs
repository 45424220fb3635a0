namespace NodeAgent.Scheduler.Config;

/// <summary>What an extension point has beyond the defaults, and which defaults it has not (<c>*</c> for all).</summary>
internal sealed record PluginSet
{
    public IReadOnlyList<PluginReference> Enabled { get; init; } = [];

    public IReadOnlyList<PluginReference> Disabled { get; init; } = [];

    public bool Disables(string name) => Disabled.Any(d => d.Name == name || d.Name == "*");
}
