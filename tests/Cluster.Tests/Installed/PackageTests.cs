using System.Diagnostics.CodeAnalysis;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>The .deb on a Debian that knows nothing of it, and on a node at work.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class PackageTests(InstalledCluster cluster)
{
    // What is not the package's: logs, apt's and dpkg's own records, caches that any package changes, empty folders of wants, which Debian's helpers take away.
    private const string Snapshot = """
        find / -xdev \( -path /proc -o -path /sys -o -path /run -o -path /tmp -o -path /var/log -o -path /var/cache -o -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/lib/systemd -o -path /var/lib/containerd -o -path /var/lib/docker -o -path /root -o \( -path '/etc/systemd/system/*.wants' -empty \) \) -prune -o -print | sort
        """;

    private const string Newer = """
        cd /tmp; dpkg-deb --raw-extract /packages/PACKAGE newer; sed -i 's/^Version: .*/Version: 99.0.0/' newer/DEBIAN/control; dpkg-deb --root-owner-group -Znone --build newer newer.deb >/dev/null; rm -r newer
        """;

    [Fact]
    [SuppressMessage("Performance", "CA1861", Justification = "Once a test.")]
    public async Task Install_Remove_Purge_LeaveNothing()
    {
        var node = await cluster.BootAsync("fresh-" + Guid.NewGuid().ToString("N")[..6]);
        var before = await node.OutputAsync(Snapshot);

        await node.ShellAsync($"apt-get install -qq -y --no-install-recommends /packages/{Package.FileName} </dev/null");

        Assert.Equal("enabled", await node.OutputAsync("systemctl is-enabled kubelet"));
        Assert.Equal("inactive", await node.OutputAsync("systemctl is-active kubelet || true"));
        Assert.Equal("disabled disabled", (await node.OutputAsync("systemctl is-enabled kube-proxy kube-scheduler || true")).ReplaceLineEndings(" "));
        Assert.Equal("running", await node.OutputAsync("systemctl is-system-running || true"));
        Assert.Matches(@"^Kubernetes v1\.36\.\d+$", await node.OutputAsync("kubelet --version"));
        foreach (var page in new[] { "kubelet", "kubelet-config", "kube-proxy", "kube-proxy-config", "kube-scheduler", "kube-scheduler-config" })
        {
            Assert.Equal("", (await node.ShellAsync($"MANWIDTH=100 man --warnings {page} 2>&1 >/dev/null")).Output);
        }

        await node.ShellAsync("apt-get remove -qq -y nodeagent </dev/null");
        Assert.Equal("0", await node.OutputAsync("ls /usr/bin | grep -c -E '^(kubelet|kube-)' || true"));
        Assert.NotEqual("", await node.OutputAsync("ls /etc/kubernetes/kubelet-config.yaml"));

        await node.ShellAsync("apt-get purge -qq -y nodeagent </dev/null");
        var after = await node.OutputAsync(Snapshot);
        Assert.Equal("", string.Join('\n', after.Split('\n').Except(before.Split('\n'))));
        Assert.Equal("", string.Join('\n', before.Split('\n').Except(after.Split('\n'))));
    }

    [Fact]
    public async Task UpgradeAndDowngrade_RestartDaemons_AndNoContainer()
    {
        await cluster.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: steady}
            spec:
              nodeSelector: {kubernetes.io/hostname: {{cluster.Second.Name}}}
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: "{{TestImages.BusyboxName}}", imagePullPolicy: Never, command: [sleep, "3600"]}]
            """);
        await cluster.WaitForFieldAsync("pod", "steady", ".status.phase", "Running");
        var container = await cluster.FieldAsync("pod", "steady", ".status.containerStatuses[0].containerID");
        await cluster.Second.ShellAsync(Newer.Replace("PACKAGE", Package.FileName, StringComparison.Ordinal));

        foreach (var command in new[] { "apt-get install -qq -y --no-install-recommends /tmp/newer.deb", $"apt-get install -qq -y --no-install-recommends --allow-downgrades /packages/{Package.FileName}" })
        {
            var pids = await PidsAsync(cluster.Second);
            await cluster.Second.ShellAsync(command + " </dev/null");
            var later = await PidsAsync(cluster.Second);
            Assert.All(pids.Zip(later), p => Assert.NotEqual(p.First, p.Second));
        }

        await Wait.UntilAsync("both daemons to be ready again", TimeSpan.FromSeconds(60), async () => await cluster.Second.OutputAsync("systemctl is-active kubelet kube-proxy || true") == "active\nactive");
        await cluster.WaitForNodeAsync(cluster.Second, "True");
        Assert.Equal(container, await cluster.FieldAsync("pod", "steady", ".status.containerStatuses[0].containerID"));
        Assert.Equal("0", await cluster.FieldAsync("pod", "steady", ".status.containerStatuses[0].restartCount"));
        await cluster.KubectlAsync("delete", "pod", "steady", "--now");
    }

    private static async Task<string[]> PidsAsync(NodeContainer node) => (await node.OutputAsync("systemctl show --value -p MainPID kubelet kube-proxy")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
