using System.Globalization;
using System.Text;
using NodeAgent.Proxy.Rules;
using NodeAgent.Proxy.Services;

namespace NodeAgent.Proxy.Explain;

/// <summary>Writes a plan the way diffs are written: what would come with <c>+</c>, what would go with <c>-</c>.</summary>
internal static class PlanText
{
    /// <param name="now">The rules that the kernel holds in the chains that the plan writes.</param>
    public static string Of(IPFamily family, RulePlan plan, KernelState kernel, IReadOnlyDictionary<ChainId, List<string>> now)
    {
        var text = new StringBuilder();
        if (plan.IsEmpty)
        {
            return $"{family}: the kernel's rules are as they should be\n";
        }

        text.Append(CultureInfo.InvariantCulture, $"{family}: {plan.Write.Count} chains to write, {plan.Delete.Count} to delete, {plan.Shared.Count} rules to add to chains of others\n");
        foreach (var chain in plan.Create)
        {
            text.Append(CultureInfo.InvariantCulture, $"+ {chain}\n");
        }

        foreach (var chain in plan.Write.OrderBy(c => c.Id.ToString(), StringComparer.Ordinal))
        {
            Write(text, chain, kernel.Own.ContainsKey(chain.Id), now.GetValueOrDefault(chain.Id) ?? []);
        }

        foreach (var chain in plan.Delete.OrderBy(c => c.ToString(), StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {chain} ({kernel.Own[chain].Count} rules)\n");
        }

        foreach (var rule in plan.Shared)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {rule.Chain}\n    + {rule.Rule}\n");
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, Chain chain, bool exists, List<string> now)
    {
        text.Append(CultureInfo.InvariantCulture, $"{(exists ? " " : "+")} {chain.Id}\n");
        var gone = now.Except(chain.Rules).ToList();
        var fresh = chain.Rules.Except(now).ToList();
        gone.ForEach(r => text.Append(CultureInfo.InvariantCulture, $"    - {r}\n"));
        fresh.ForEach(r => text.Append(CultureInfo.InvariantCulture, $"    + {r}\n"));
        if (exists && gone.Count + fresh.Count == 0)
        {
            text.Append("    the same rules in another order or number\n");
        }
    }
}
