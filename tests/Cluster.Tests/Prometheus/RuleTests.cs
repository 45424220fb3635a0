using System.Text.Json;
using NodeAgent.Cluster.Tests.Installed;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Prometheus;

/// <summary>packaging/prometheus, by Prometheus' own tool.</summary>
[Trait("Category", "Cluster")]
public sealed class RuleTests
{
    internal static string Folder { get; } = Path.Combine(Package.RepositoryRoot, "packaging/prometheus");

    [Fact]
    public async Task Rules_DoWhatTheirTestsSay()
    {
        await Command.RunAsync("promtool", ["check", "rules", Path.Combine(Folder, "rules.yml")]);
        await Command.RunAsync("promtool", ["test", "rules", Path.Combine(Folder, "rules.test.yml")]);
    }

    [Fact]
    public async Task EveryAlert_HasATest()
    {
        var alerts = (await File.ReadAllLinesAsync(Path.Combine(Folder, "rules.yml"))).Select(l => l.Trim()).Where(l => l.StartsWith("- alert: ", StringComparison.Ordinal)).Select(l => l[9..]);
        var tests = await File.ReadAllTextAsync(Path.Combine(Folder, "rules.test.yml"));

        Assert.All(alerts, a => Assert.Contains($"- alertname: {a}\n", tests, StringComparison.Ordinal));
    }

    [Fact]
    public Task ScrapeConfig_IsAcceptedByPromtool() => Command.RunAsync("promtool", ["check", "config", "--syntax-only", Path.Combine(Folder, "scrape.yml")]);

    [Theory]
    [InlineData("kubelet")]
    [InlineData("kube-scheduler")]
    [InlineData("kube-proxy")]
    public void Dashboard_HasWhatGrafanaNeeds(string name)
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, $"dashboards/{name}.json")));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().ToArray();

        Assert.True(dashboard.RootElement.GetProperty("schemaVersion").GetInt32() > 30);
        Assert.StartsWith("nodeagent-", dashboard.RootElement.GetProperty("uid").GetString(), StringComparison.Ordinal);
        Assert.Equal(panels.Length, panels.Select(p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.All(panels, p => Assert.NotEmpty(p.GetProperty("targets").EnumerateArray()));
    }
}
