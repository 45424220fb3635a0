using System.Text;
using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Plans -> the input of <c>iptables-restore --noflush</c>. Each table is one transaction.</summary>
internal static class RestoreText
{
    public static byte[] Of(RulePlan plan)
    {
        var text = new StringBuilder();
        foreach (var table in Enum.GetValues<Table>())
        {
            AppendTable(text, table, plan);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <remarks>
    /// A line <c>:CHAIN</c> makes the chain or empties it. They all come first, so that every jump has its target and a
    /// chain that goes is empty, and no longer referred to by others that go, when its <c>-X</c> comes.
    /// </remarks>
    private static void AppendTable(StringBuilder text, Table table, RulePlan plan)
    {
        var start = text.Length;
        text.Append('*').Append(table.Text()).Append('\n');
        var header = text.Length;
        foreach (var chain in plan.Create.Concat(plan.Write.Select(c => c.Id)).Concat(plan.Delete))
        {
            if (chain.Table == table)
            {
                text.Append(':').Append(chain.Name).Append(" - [0:0]\n");
            }
        }

        foreach (var chain in plan.Write)
        {
            if (chain.Id.Table == table)
            {
                foreach (var rule in chain.Rules)
                {
                    text.Append("-A ").Append(chain.Id.Name).Append(' ').Append(rule).Append('\n');
                }
            }
        }

        foreach (var shared in plan.Shared)
        {
            if (shared.Chain.Table == table)
            {
                text.Append(shared.Prepend ? "-I " : "-A ").Append(shared.Chain.Name).Append(' ').Append(shared.Rule).Append('\n');
            }
        }

        foreach (var chain in plan.Delete)
        {
            if (chain.Table == table)
            {
                text.Append("-X ").Append(chain.Name).Append('\n');
            }
        }

        if (text.Length == header)
        {
            text.Length = start;
            return;
        }

        text.Append("COMMIT\n");
    }
}
