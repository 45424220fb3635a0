namespace NodeAgent.Reference.Tests;

public sealed class MetricsPageTests
{
    private const string Pages = """
        {
          "/metrics/slis": [],
          "/metrics": [
            {"name": "kubeproxy_sync_seconds", "type": "histogram", "labels": ["ip_family"], "help": "How long | it\ntook."},
            {"name": "go", "type": "gauge", "labels": ["path", "code"], "help": "Nothing."}
          ]
        }
        """;

    [Fact]
    public void Write_GivesTypeAndLabelsOfEachFamily_PageByPage()
    {
        var page = MetricsPage.Write([("kube-proxy", Pages)]);

        Assert.Contains("| `kubeproxy_sync_seconds` | histogram | `ip_family` | How long \\| it took. |", page, StringComparison.Ordinal);
        Assert.Contains("| `go` | gauge | `path`, `code` | Nothing. |", page, StringComparison.Ordinal);
        Assert.True(page.IndexOf("### /metrics of kube-proxy", StringComparison.Ordinal) < page.IndexOf("### /metrics/slis of kube-proxy", StringComparison.Ordinal));
    }
}
