using System.Text;
using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Iptables;

/// <summary>What to restore so that no rule of the proxy is left.</summary>
internal static class Cleanup
{
    private static readonly ChainId Firewall = new(Table.Filter, ChainNames.KubeletFirewall);

    /// <summary>The text for <c>iptables-restore --noflush</c>; empty when there is nothing of the proxy's.</summary>
    /// <remarks>
    /// The rules in chains of others go by what they jump to, so that those of other versions, with other comments, go too.
    /// KUBE-FIREWALL, which the kubelet has as well, goes only where no other chain of a kubelet is and nothing but the
    /// proxy's rule is in it.
    /// </remarks>
    public static byte[] Text(KernelState kernel)
    {
        var text = new StringBuilder();
        foreach (var table in Enum.GetValues<Table>())
        {
            var own = kernel.Own.Keys.Where(c => c.Table == table).Select(c => c.Name).ToHashSet();
            if (table == Table.Filter && OwnsFirewall(kernel))
            {
                own.Add(ChainNames.KubeletFirewall);
            }

            if (own.Count == 0)
            {
                continue;
            }

            text.Append('*').Append(table.Text()).Append('\n');
            foreach (var chain in own)
            {
                text.Append(':').Append(chain).Append(" - [0:0]\n");
            }

            foreach (var (chain, rule) in kernel.SharedRules)
            {
                if (chain.Table == table && Target(rule) is { } target && own.Contains(target))
                {
                    text.Append("-D ").Append(chain.Name).Append(' ').Append(rule).Append('\n');
                }
            }

            foreach (var chain in own)
            {
                text.Append("-X ").Append(chain).Append('\n');
            }

            text.Append("COMMIT\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static bool OwnsFirewall(KernelState kernel) =>
        kernel.Others.Contains(Firewall)
        && !FlavourDetection.IsKubelets(kernel)
        && kernel.SharedRules.Where(r => r.Chain == Firewall).All(r => r.Rule.Contains("block incoming localnet connections", StringComparison.Ordinal));

    private static string? Target(string rule)
    {
        var jump = rule.LastIndexOf("-j ", StringComparison.Ordinal);
        return jump < 0 ? null : rule[(jump + 3)..].Split(' ')[0];
    }
}
