using System.Globalization;
using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>The three services on nodes that are joined.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class SystemdTests(InstalledCluster cluster)
{
    private const string Units = "kubelet kube-proxy kube-scheduler";

    [Fact]
    public async Task Services_AreActive_AfterTheyNotified()
    {
        foreach (var unit in Units.Split(' '))
        {
            Assert.Equal("notify active running", await ShowAsync(unit, "Type", "ActiveState", "SubState"));
        }
    }

    [Fact]
    public async Task Units_AreCleanToSystemdAnalyze()
    {
        var verified = await cluster.First.ShellAsync("systemd-analyze verify --man=yes kubelet.service kube-proxy.service kube-scheduler.service 2>&1 | grep -E 'kubelet|kube-' || true");

        Assert.Equal("", verified.Output.Trim());
    }

    [Theory]
    [InlineData("kubelet", 9.6)]
    [InlineData("kube-proxy", 3.0)]
    [InlineData("kube-scheduler", 1.8)]
    public async Task Units_AreSandboxedAsTheDocsSay(string unit, double most)
    {
        var figure = await cluster.First.OutputAsync($"systemd-analyze security --no-pager {unit} | sed -n 's/.*exposure level for .*: \\([0-9.]*\\) .*/\\1/p'");

        Assert.InRange(double.Parse(figure, CultureInfo.InvariantCulture), 0, most);
    }

    [Fact]
    public async Task Journal_HasPriorities()
    {
        var priorities = await cluster.First.OutputAsync("journalctl --unit=kubelet --output=json --output-fields=PRIORITY | jq -r .PRIORITY | sort -u | tr '\\n' ' '");

        Assert.Contains("6", priorities, StringComparison.Ordinal);
        Assert.True(priorities.Split(' ').Length > 1, $"all lines of the kubelet have the same priority: {priorities}");
    }

    [Fact]
    public async Task KilledDaemon_IsStartedAgain()
    {
        foreach (var unit in Units.Split(' '))
        {
            var before = await ShowAsync(unit, "MainPID");

            await cluster.First.ShellAsync($"systemctl kill --kill-whom=main --signal=KILL {unit}");

            await Wait.UntilAsync($"{unit} to be started again", TimeSpan.FromSeconds(30), async () => await ShowAsync(unit, "ActiveState") == "active" && await ShowAsync(unit, "MainPID") != before);
        }
    }

    [Fact]
    public async Task HungDaemon_IsFoundByTheWatchdog()
    {
        await cluster.Second.WriteAsync("/run/systemd/system/kube-proxy.service.d/quick.conf", "[Service]\nWatchdogSec=3\n");
        await cluster.Second.ShellAsync("systemctl daemon-reload; systemctl restart kube-proxy; systemctl kill --kill-whom=main --signal=STOP kube-proxy");

        await Wait.UntilAsync("the watchdog to bite", TimeSpan.FromSeconds(30), async () =>
            (await cluster.Second.OutputAsync("journalctl --unit=kube-proxy --no-pager")).Contains("Watchdog timeout", StringComparison.Ordinal));
        await Wait.UntilAsync("kube-proxy to be started again", TimeSpan.FromSeconds(30), async () => await cluster.Second.OutputAsync("systemctl show --value -p ActiveState kube-proxy") == "active");
        await cluster.Second.ShellAsync("rm -r /run/systemd/system/kube-proxy.service.d; systemctl daemon-reload; systemctl restart kube-proxy");
    }

    [Fact]
    public async Task Memory_OfTheThreeIdle_IsBelowTheBar()
    {
        var total = 0L;
        foreach (var unit in Units.Split(' '))
        {
            var pss = await cluster.First.OutputAsync($"awk '/^Pss:/ {{ print $2 }}' /proc/$(systemctl show --value -p MainPID {unit})/smaps_rollup");
            total += long.Parse(pss, CultureInfo.InvariantCulture);
        }

        Assert.InRange(total, 1, 150 * 1024);
    }

    private async Task<string> ShowAsync(string unit, params string[] properties) => await ShowAsync(cluster.First, unit, properties);

    private static async Task<string> ShowAsync(NodeContainer node, string unit, params string[] properties)
    {
        var values = new List<string>();
        foreach (var property in properties)
        {
            values.Add(await node.OutputAsync($"systemctl show --value -p {property} {unit}"));
        }

        return string.Join(' ', values);
    }
}
