namespace NodeAgent.Proxy.Services;

/// <summary>What happened between two syncs.</summary>
/// <param name="Model">The state now.</param>
/// <param name="Changed">The Services whose ports or endpoints may differ from before; those that are gone included.</param>
/// <param name="TriggerTimes">When the causes of the endpoint changes happened, as the endpoints controller wrote them down.</param>
internal sealed record ModelChange(ServiceModel Model, IReadOnlySet<ServiceKey> Changed, IReadOnlyList<DateTimeOffset> TriggerTimes);
