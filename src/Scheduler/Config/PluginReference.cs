namespace NodeAgent.Scheduler.Config;

/// <param name="Weight">For scoring; zero for the default.</param>
internal sealed record PluginReference(string Name = "", int Weight = 0);
