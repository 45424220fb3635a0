namespace NodeAgent.Proxy.Rules;

/// <summary>What has to be written to get from what the kernel holds to what it should hold.</summary>
/// <param name="Write">Chains to create, or to replace whole.</param>
/// <param name="Delete">Chains that nothing wants any more.</param>
/// <param name="Create">Chains of others that a shared rule needs and that are missing.</param>
/// <param name="Shared">Rules to add to chains of others.</param>
internal sealed record RulePlan(IReadOnlyList<Chain> Write, IReadOnlyList<ChainId> Delete, IReadOnlyList<ChainId> Create, IReadOnlyList<SharedRule> Shared)
{
    public bool IsEmpty => Write.Count == 0 && Delete.Count == 0 && Create.Count == 0 && Shared.Count == 0;
}
