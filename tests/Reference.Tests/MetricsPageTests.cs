namespace NodeAgent.Reference.Tests;

public sealed class MetricsPageTests
{
    private const string Scrape = """
        # HELP kubeproxy_sync_seconds How long | it took.
        # TYPE kubeproxy_sync_seconds histogram
        kubeproxy_sync_seconds_bucket{ip_family="IPv4",le="0.001"} 1
        kubeproxy_sync_seconds_sum{ip_family="IPv4"} 0.0005
        kubeproxy_sync_seconds_count{ip_family="IPv4"} 1
        # HELP go Nothing.
        # TYPE go gauge
        go{path="/a,b=\"c\"",code="200"} 1
        """;

    [Fact]
    public void Write_GivesTypeAndLabelsOfEachFamily()
    {
        var page = MetricsPage.Write([("kube-proxy", Scrape)]);

        Assert.Contains("| `kubeproxy_sync_seconds` | histogram | `ip_family` | How long \\| it took. |", page, StringComparison.Ordinal);
        Assert.Contains("| `go` | gauge | `code`, `path` | Nothing. |", page, StringComparison.Ordinal);
    }
}
