using System.Buffers;
using System.Text;
using NodeAgent.Proxy.Rules;

namespace NodeAgent.Proxy.Iptables;

/// <summary>Plans -> the input of <c>iptables-restore --noflush</c>. Each table is one transaction.</summary>
internal static class RestoreText
{
    /// <summary>Words, spaces and the end of a line around names and rules.</summary>
    private const int LineOverhead = 12;

    private const int LongestChainName = 28;

    public static ReadOnlyMemory<byte> Of(RulePlan plan)
    {
        var text = new ArrayBufferWriter<byte>(LengthOf(plan));
        foreach (var table in Enum.GetValues<Table>())
        {
            if (Concerns(plan, table))
            {
                WriteTable(text, table, plan);
            }
        }

        return text.WrittenMemory;
    }

    /// <summary>At least as long as the text, so that its buffer need not grow.</summary>
    private static int LengthOf(RulePlan plan)
    {
        var length = 1024 + ((plan.Write.Count + (2 * plan.Delete.Count) + plan.Create.Count) * (LongestChainName + LineOverhead));
        foreach (var chain in plan.Write)
        {
            foreach (var rule in chain.Rules)
            {
                length += rule.Length + LongestChainName + LineOverhead;
            }
        }

        foreach (var shared in plan.Shared)
        {
            length += shared.Rule.Length + LongestChainName + LineOverhead;
        }

        return length;
    }

    private static bool Concerns(RulePlan plan, Table table) =>
        plan.Write.Any(c => c.Id.Table == table)
        || plan.Delete.Any(c => c.Table == table)
        || plan.Create.Any(c => c.Table == table)
        || plan.Shared.Any(s => s.Chain.Table == table);

    /// <remarks>
    /// A line <c>:CHAIN</c> makes the chain or empties it. They all come first, so that every jump has its target and a
    /// chain that goes is empty, and no longer referred to by others that go, when its <c>-X</c> comes.
    /// </remarks>
    private static void WriteTable(ArrayBufferWriter<byte> text, Table table, RulePlan plan)
    {
        Line(text, "*", table.Text());
        foreach (var chain in plan.Create.Concat(plan.Write.Select(c => c.Id)).Concat(plan.Delete))
        {
            if (chain.Table == table)
            {
                Line(text, ":", chain.Name, " - [0:0]");
            }
        }

        foreach (var chain in plan.Write)
        {
            if (chain.Id.Table == table)
            {
                foreach (var rule in chain.Rules)
                {
                    Line(text, "-A ", chain.Id.Name, " ", rule);
                }
            }
        }

        foreach (var shared in plan.Shared)
        {
            if (shared.Chain.Table == table)
            {
                Line(text, shared.Prepend ? "-I " : "-A ", shared.Chain.Name, " ", shared.Rule);
            }
        }

        foreach (var chain in plan.Delete)
        {
            if (chain.Table == table)
            {
                Line(text, "-X ", chain.Name);
            }
        }

        Line(text, "COMMIT");
    }

    private static void Line(ArrayBufferWriter<byte> text, params ReadOnlySpan<string> parts)
    {
        foreach (var part in parts)
        {
            Encoding.UTF8.GetBytes(part, text);
        }

        text.Write("\n"u8);
    }
}
