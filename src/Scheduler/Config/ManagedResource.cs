namespace NodeAgent.Scheduler.Config;

/// <summary>An extended resource that an extender looks after.</summary>
internal sealed record ManagedResource
{
    public string Name { get; init; } = "";

    /// <summary>NodeResourcesFit leaves the resource to the extender.</summary>
    public bool IgnoredByScheduler { get; init; }

    /// <summary>With a domain that is not Kubernetes' own, and no request for a quota.</summary>
    public bool IsExtended => Name.Split('/') is [{ Length: > 0 } domain, { Length: > 0 }] && !domain.EndsWith("kubernetes.io", StringComparison.Ordinal) && !Name.StartsWith("requests.", StringComparison.Ordinal);
}
