using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>Prometheus' own reader of its text format.</summary>
internal static class Promtool
{
    /// <summary>Fails the test when Prometheus could not read the page.</summary>
    public static async Task CheckAsync(string page)
    {
        var said = await Command.RunAsync("promtool", ["check", "metrics"], page, throwOnFailure: false);

        // Exit code 3 is for advice on names (upstream's own, kept as they are); 1 is for what Prometheus cannot read.
        Assert.True(said.ExitCode is 0 or 3, said.Error);
        Assert.DoesNotContain("error while linting", said.Error, StringComparison.Ordinal);
    }
}
