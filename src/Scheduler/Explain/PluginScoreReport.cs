namespace NodeAgent.Scheduler.Explain;

/// <param name="Raw">As the plugin's Score gave it, in the plugin's own range.</param>
/// <param name="Normalized">0 to 100.</param>
/// <param name="Weighted">What counts.</param>
internal sealed record PluginScoreReport(string Plugin, long Raw, long Normalized, int Weight, long Weighted);
