using System.Globalization;
using System.Text;

namespace NodeAgent.Reference;

/// <summary>docs/metrics.md, from what the running daemons say of their metrics at a scrape.</summary>
internal static class MetricsPage
{
    private const string Head = """
        # Metrics

        <!-- Written by `./dev docs` from scrapes of the three running daemons. Do not edit. -->

        Names, labels and buckets are upstream's wherever upstream has the metric, so that dashboards and alerts written for
        Kubernetes work. Those that begin with `nodeagent_` are this project's own. packaging/prometheus has a scrape config,
        recording rules, alerts and dashboards.

        | daemon | address | who may read it |
        |---|---|---|
        | kubelet | `https://NODE:10250/metrics` | who the API server allows `get` on `nodes/metrics` |
        | kube-scheduler | `https://HOST:10259/metrics` | who the API server allows `get` on the path `/metrics` |
        | kube-proxy | `http://127.0.0.1:10249/metrics` | everybody who reaches the address; `metricsBindAddress` changes it |

        """;

    public static string Write(IEnumerable<(string Daemon, string Scrape)> scrapes)
    {
        var text = new StringBuilder(Head);
        foreach (var (daemon, scrape) in scrapes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {daemon}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n");
            foreach (var family in MetricFamily.Parse(scrape))
            {
                var labels = string.Join(", ", family.Labels.Select(l => $"`{l}`"));
                text.Append(CultureInfo.InvariantCulture, $"| `{family.Name}` | {family.Type} | {labels} | {family.Help.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
            }
        }

        return text.ToString();
    }
}
