using System.Globalization;
using System.Text;

namespace NodeAgent.Reference;

/// <summary>docs/metrics.md, from what the running daemons say of their metrics.</summary>
internal static class MetricsPage
{
    private const string Head = """
        # Metrics

        <!-- Written by tools/Reference from what the three running daemons answer to `/metrics?families`. Do not edit: the test MetricsMd_NamesEveryMetric keeps the answers in NODEAGENT_WRITE_FAMILIES. -->

        Names, labels and buckets are upstream's wherever upstream has the metric, so that dashboards and alerts written for
        Kubernetes work. Those that begin with `nodeagent_` are this project's own. packaging/prometheus has a scrape config,
        recording rules, alerts and dashboards.

        | daemon | address | who may read it |
        |---|---|---|
        | kubelet | `https://NODE:10250/metrics` | who the API server allows `get` on `nodes/metrics` |
        | kube-scheduler | `https://HOST:10259/metrics` | who the API server allows `get` on the path `/metrics` |
        | kube-proxy | `http://127.0.0.1:10249/metrics` | everybody who reaches the address; `metricsBindAddress` changes it |

        A metric that has labels is on a page once there is something to count. What a page may have at some time is the answer to
        its address with `?families`: a JSON array of names, types, labels and meanings, of which the tables below are made.

        """;

    /// <param name="daemons">Each with its pages as <see cref="MetricFamily.Parse"/> reads them.</param>
    public static string Write(IEnumerable<(string Daemon, string Pages)> daemons)
    {
        var text = new StringBuilder(Head);
        foreach (var (daemon, pages) in daemons)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {daemon}\n");
            foreach (var (page, families) in MetricFamily.Parse(pages))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n### {page} of {daemon}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
                foreach (var family in families)
                {
                    var labels = string.Join(", ", family.Labels.Select(l => $"`{l}`"));
                    text.Append(CultureInfo.InvariantCulture, $"| `{family.Name}` | {family.Type} | {labels} | {Cell(family.Help)} |\n");
                }
            }
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).Replace('\n', ' ');
}
