using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Rules;

/// <summary>What one Service port needs in the kernel.</summary>
/// <param name="Chains">Its own chains, all in the nat table.</param>
/// <param name="Dispatch">The rules by which packets find them, or are refused.</param>
/// <param name="NoLocalInternal">The internal policy is Local and no endpoint is here.</param>
/// <param name="NoLocalExternal">The external policy is Local and no endpoint is here.</param>
internal sealed record ServicePortRules(IReadOnlyList<Chain> Chains, IReadOnlyList<DispatchEntry> Dispatch, bool NoLocalInternal, bool NoLocalExternal)
{
    public static ServicePortRules Build(ServicePortState state, RuleSettings settings) =>
        new ServicePortRulesBuilder(state, settings).Build();
}
