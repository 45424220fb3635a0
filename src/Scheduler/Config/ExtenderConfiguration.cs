using NodeAgent.Hosting.Config;

namespace NodeAgent.Scheduler.Config;

/// <summary>A service that takes part in scheduling over HTTP.</summary>
internal sealed record ExtenderConfiguration
{
    public string UrlPrefix { get; init; } = "";

    /// <summary>Each verb is appended to the prefix; without one the extender has no part in that step.</summary>
    public string FilterVerb { get; init; } = "";

    public string PreemptVerb { get; init; } = "";

    public string PrioritizeVerb { get; init; } = "";

    public string BindVerb { get; init; } = "";

    /// <summary>What its scores, from 0 to 10, are multiplied with.</summary>
    public long Weight { get; init; }

    [ConfigField("enableHTTPS")]
    public bool EnableHttps { get; init; }

    public ExtenderTlsConfiguration? TlsConfig { get; init; }

    /// <summary>Of one call; zero for 5 seconds.</summary>
    public TimeSpan HttpTimeout { get; init; }

    /// <summary>It is sent names of nodes, not nodes.</summary>
    public bool NodeCacheCapable { get; init; }

    /// <summary>It is asked about pods that name one of these; about all when there are none.</summary>
    public IReadOnlyList<ManagedResource> ManagedResources { get; init; } = [];

    /// <summary>Its failures do not fail the attempt.</summary>
    public bool Ignorable { get; init; }

    /// <summary>Everything that is wrong with the list, each beginning with the field's path.</summary>
    public static IEnumerable<string> Validate(IReadOnlyList<ExtenderConfiguration> extenders)
    {
        var managed = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < extenders.Count; i++)
        {
            var extender = extenders[i];
            if (!Uri.TryCreate(extender.UrlPrefix, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                yield return $"extenders[{i}].urlPrefix: \"{extender.UrlPrefix}\" is no http or https address";
            }

            if (extender.PrioritizeVerb.Length > 0 && extender.Weight <= 0)
            {
                yield return $"extenders[{i}].weight: {extender.Weight} must be greater than 0 for an extender with a prioritizeVerb";
            }

            if (extender.HttpTimeout < TimeSpan.Zero)
            {
                yield return $"extenders[{i}].httpTimeout: must not be less than 0";
            }

            foreach (var resource in extender.ManagedResources)
            {
                if (!resource.IsExtended)
                {
                    yield return $"extenders[{i}].managedResources: \"{resource.Name}\" is not the name of an extended resource, such as example.com/gpu";
                }
                else if (!managed.Add(resource.Name))
                {
                    yield return $"extenders[{i}].managedResources: \"{resource.Name}\" is managed twice";
                }
            }
        }

        if (extenders.Count(e => e.BindVerb.Length > 0) > 1)
        {
            yield return "extenders: only one can have a bindVerb";
        }
    }
}
