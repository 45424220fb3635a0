using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Sync;

/// <summary>One successful sync, for metrics and logs.</summary>
/// <param name="Full">Whether the kernel's rules were read and compared.</param>
/// <param name="FellBack">Whether a partial write was refused and a full one took its place.</param>
/// <param name="SharedRulesWritten">Rules that were added to chains of others.</param>
internal sealed record SyncResult(bool Full, bool FellBack, int ChainsWritten, IReadOnlyDictionary<Table, int> RulesWritten, int ChainsDeleted, int SharedRulesWritten)
{
    /// <summary>Whether the kernel held something else than it should.</summary>
    public bool WroteSomething => ChainsWritten + ChainsDeleted + SharedRulesWritten > 0;

    /// <summary>With what one more plan writes.</summary>
    public SyncResult With(RulePlan plan)
    {
        var rules = new Dictionary<Table, int>(RulesWritten);
        foreach (var chain in plan.Write)
        {
            rules[chain.Id.Table] = rules.GetValueOrDefault(chain.Id.Table) + chain.Rules.Count;
        }

        return this with
        {
            ChainsWritten = ChainsWritten + plan.Write.Count,
            RulesWritten = rules,
            ChainsDeleted = ChainsDeleted + plan.Delete.Count,
            SharedRulesWritten = SharedRulesWritten + plan.Shared.Count + plan.Create.Count,
        };
    }
}
