using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace NodeAgent.Scheduler.Explain;

/// <summary>Explanations as pages for a browser. They load nothing from anywhere.</summary>
internal static class ExplanationPage
{
    private const string Style = """
        body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1b1f24; background: #fff }
        h1 { font-size: 1.4rem } h2 { font-size: 1.05rem; margin: 1.6rem 0 .4rem }
        table { border-collapse: collapse; width: 100% } th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #d8dee4; vertical-align: top }
        td.n, th.n { text-align: right; font-variant-numeric: tabular-nums } .verdict { font-size: 1.05rem; padding: .7rem .9rem; background: #f3f5f7; border-left: 4px solid #57606a }
        .quiet { color: #57606a } ul { margin: .2rem 0; padding-left: 1.2rem }
        """;

    public static string Write(Explanation e)
    {
        var page = new Page($"{e.Namespace}/{e.Name}");
        page.Line($"<p class=\"verdict\" id=\"verdict\">{Text(e.Verdict)}</p>");
        page.Line($"<p class=\"quiet\">{e.NodeCount} nodes, {e.FeasibleCount} can take it · profile {Text(e.Scheduler)} · as of {At(e.At)}</p>");
        WriteQueue(page, e.Queue);
        page.Table("Attempts", ["when", "number", "result", "took", "node", "message"], e.Attempts.Reverse().Select(a => new[]
        {
            At(a.At), Number(a.Number), Text(a.Result), Text($"{a.Took.TotalMilliseconds.ToString("0.0", CultureInfo.InvariantCulture)} ms"), Text(a.Node ?? ""), Text(a.Message ?? ""),
        }));
        page.Table("Why nodes are refused", ["plugin", "reason", "nodes"], e.Reasons.Select(r => new[] { Text(r.Plugin), Text(r.Reason), Number(r.Nodes) }));
        page.Table("Nearest misses", ["node", "refused by"], e.NearestMisses.Select(Row));
        page.Table("What would unblock it", ["plugin", "the pod is tried again when"], e.UnblockedBy.Select(u => new[] { Text(u.Plugin), List(u.When) }));
        if (e.Preemption is { } preemption)
        {
            page.Line($"<h2>Preemption</h2><p>{Text(preemption.Verdict)}</p>");
            page.Table("", ["node", "victims", "budgets violated", ""], preemption.Candidates.Select(c => new[] { Text(c.Node), List(c.Victims), Number(c.Violations), c.IsBest ? "would be taken" : "" }));
        }

        WriteScores(page, e.BestNodes);
        page.Table("Refused nodes", ["node", "refused by"], e.RefusedNodes.Select(Row));
        return page.ToString();
    }

    public static string WriteList(IReadOnlyList<PendingReport> pending)
    {
        var page = new Page("pods without a node");
        page.Line($"<p class=\"quiet\">{pending.Count} pods wait.</p>");
        page.Table("", ["pod", "attempts", "last message"], pending.Select(p => new[]
        {
            $"<a href=\"/explain/{Text(p.Namespace)}/{Text(p.Name)}\">{Text(p.Namespace)}/{Text(p.Name)}</a>", Number(p.Attempts), Text(p.Message ?? ""),
        }));
        return page.ToString();
    }

    private static void WriteQueue(Page page, QueueReport? queue)
    {
        if (queue is not null)
        {
            var backoff = queue.BackoffEnds is { } ends ? $", not before {At(ends)}" : "";
            var nominated = queue.NominatedNode is { } node ? $", waits for room on {Text(node)}" : "";
            page.Line($"<p>In the queue: <b>{Text(queue.Place)}</b> since {At(queue.Since)}, {queue.Attempts} attempts{backoff}{nominated}.</p>");
        }
    }

    private static void WriteScores(Page page, IReadOnlyList<NodeScoreReport> nodes)
    {
        if (nodes.Count > 0)
        {
            string[] plugins = [.. nodes[0].Plugins.Select(p => $"{p.Plugin} ×{p.Weight}")];
            page.Table("Scores of the best nodes (raw → normalised → weighted)", ["node", "total", .. plugins], nodes.Select(n => (string[])
                [Text(n.Node), Number(n.Total), .. n.Plugins.Select(p => $"{p.Raw} → {p.Normalized} → <b>{p.Weighted}</b>")]));
        }
    }

    private static string[] Row(NodeReport node) =>
        [Text(node.Node), List(node.RefusedBy.Select(r => $"{r.Plugin}: {r.Reason}{(r.Details.Count > 0 ? $" ({string.Join("; ", r.Details)})" : "")}"))];

    private static string List(IEnumerable<string> items) => $"<ul>{string.Concat(items.Select(i => $"<li>{Text(i)}</li>"))}</ul>";

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string At(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Collects the parts of a page. What it is given is HTML already, headings aside.</summary>
    private sealed class Page(string title)
    {
        private readonly StringBuilder _html = new($"<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{Text(title)}</title>\n<style>{Style}</style></head><body>\n<h1>{Text(title)}</h1>\n");

        public void Line(string html) => _html.Append(html).Append('\n');

        public void Table(string heading, IReadOnlyList<string> columns, IEnumerable<string[]> rows)
        {
            var body = string.Concat(rows.Select(r => $"<tr>{string.Concat(r.Select(c => $"<td>{c}</td>"))}</tr>\n"));
            if (body.Length > 0)
            {
                Line($"{(heading.Length > 0 ? $"<h2>{Text(heading)}</h2>" : "")}<table><tr>{string.Concat(columns.Select(c => $"<th>{Text(c)}</th>"))}</tr>\n{body}</table>");
            }
        }

        public override string ToString() => $"{_html}</body></html>\n";
    }
}
