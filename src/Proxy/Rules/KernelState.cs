namespace NodeAgent.Proxy.Rules;

/// <summary>What the kernel holds, as far as the proxy is concerned.</summary>
/// <param name="Own">The proxy's chains.</param>
/// <param name="Others">The chains of others, built-in ones included.</param>
/// <param name="SharedRules">The rules in chains of others.</param>
internal sealed record KernelState(
    IReadOnlyDictionary<ChainId, ChainDigest> Own,
    IReadOnlySet<ChainId> Others,
    IReadOnlySet<(ChainId Chain, string Rule)> SharedRules)
{
    public static readonly KernelState Empty = new(new Dictionary<ChainId, ChainDigest>(), new HashSet<ChainId>(), new HashSet<(ChainId, string)>());
}
