using System.Globalization;
using System.Text;

namespace NodeAgent.Scheduler.Explain;

/// <summary>An explanation for a terminal.</summary>
internal static class ExplanationText
{
    public static string Write(Explanation e)
    {
        var text = new StringBuilder();
        void Line(string line) => text.Append(line).Append('\n');
        Line($"{e.Namespace}/{e.Name} (profile {e.Scheduler}), {e.NodeCount} nodes, {e.FeasibleCount} can take it");
        Line($"  {e.Verdict}");
        if (e.Queue is { } queue)
        {
            Line($"Queue: {queue.Place}, {queue.Attempts} attempts{(queue.BackoffEnds is { } ends ? $", not before {At(ends)}" : "")}{(queue.NominatedNode is { } node ? $", waits for room on {node}" : "")}");
        }

        Section(text, "Attempts", e.Attempts.Reverse().Select(a => $"{At(a.At)} #{a.Number} {a.Result}{(a.Node is null ? "" : " " + a.Node)}{(a.Message is null ? "" : ": " + a.Message)}"));
        Section(text, "Why nodes are refused", e.Reasons.Select(r => $"{r.Nodes,6}  {r.Plugin}: {r.Reason}"));
        Section(text, "Nearest misses", e.NearestMisses.SelectMany(Lines));
        Section(text, "It is tried again when", e.UnblockedBy.Select(u => $"{u.Plugin}: {string.Join("; ", u.When)}"));
        if (e.Preemption is { } preemption)
        {
            Section(text, "Preemption", preemption.Candidates.Select(c => $"{(c.IsBest ? "*" : " ")} {c.Node}: {string.Join(", ", c.Victims)}{(c.Violations > 0 ? $" ({c.Violations} against a disruption budget)" : "")}").Prepend(preemption.Verdict));
        }

        Section(text, "Best nodes", e.BestNodes.Select(n => $"{n.Total,6}  {n.Node}: {string.Join(", ", n.Plugins.Select(p => $"{p.Plugin} {p.Raw}->{p.Normalized}x{p.Weight}"))}"));
        Section(text, "Refused nodes", e.RefusedNodes.SelectMany(Lines));
        return text.ToString();
    }

    private static IEnumerable<string> Lines(NodeReport node) => node.RefusedBy
        .Select(r => $"{r.Plugin}: {r.Reason}{(r.Details.Count > 0 ? $" ({string.Join("; ", r.Details)})" : "")}")
        .Select((line, i) => i == 0 ? $"{node.Node}: {line}" : $"{new string(' ', node.Node.Length)}  {line}");

    private static void Section(StringBuilder text, string heading, IEnumerable<string> lines)
    {
        var body = string.Concat(lines.Select(l => $"  {l}\n"));
        if (body.Length > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"{heading}:\n{body}");
        }
    }

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
