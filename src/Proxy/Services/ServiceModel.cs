using System.Collections.Immutable;

namespace NodeAgent.Proxy.Services;

/// <summary>Every Service that one family proxies, with its endpoints. Immutable: who holds one sees one moment.</summary>
internal sealed record ServiceModel(ImmutableDictionary<ServiceKey, ValueList<ServicePortState>> Services)
{
    public static readonly ServiceModel Empty = new(ImmutableDictionary<ServiceKey, ValueList<ServicePortState>>.Empty);

    public IEnumerable<ServicePortState> Ports => Services.Values.SelectMany(ports => ports);
}
