namespace NodeAgent.Scheduler.Plugins.DynamicResources;

internal sealed record DynamicResourcesArgs : IPluginArgs
{
    /// <summary>How long finding devices on one node may take; zero for no limit.</summary>
    public TimeSpan FilterTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a pod waits for the binding conditions of its devices.</summary>
    public TimeSpan BindingTimeout { get; init; } = TimeSpan.FromMinutes(10);

    public IEnumerable<string> Validate()
    {
        if (FilterTimeout < TimeSpan.Zero)
        {
            yield return $"filterTimeout: {FilterTimeout.TotalSeconds} s must be zero or positive";
        }

        if (BindingTimeout < TimeSpan.FromSeconds(1))
        {
            yield return $"bindingTimeout: {BindingTimeout.TotalSeconds} s must be at least 1 s";
        }
    }
}
