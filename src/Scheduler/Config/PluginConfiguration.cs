using NodeAgent.Hosting.Config;

namespace NodeAgent.Scheduler.Config;

/// <summary>The arguments of one plugin.</summary>
internal sealed record PluginConfiguration
{
    public string Name { get; init; } = "";

    public RawConfig? Args { get; init; }
}
