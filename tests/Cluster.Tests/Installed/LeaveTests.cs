using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>The join script where something is missing, run twice, and undone.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class LeaveTests(InstalledCluster cluster)
{
    private string Join => $"nodeagent-join --server={cluster.Plane.Server.GetLeftPart(UriPartial.Authority)} --ca-file=/host/plane/pki/ca.crt";

    [Fact]
    public async Task Check_NamesEverythingThatIsMissing()
    {
        var missing = await cluster.First.ShellAsync("nodeagent-join --check --server=http://nowhere --token=wrong --runtime=docker", throwOnFailure: false);

        Assert.NotEqual(0, missing.ExitCode);
        Assert.Contains("docker does not run", missing.Error, StringComparison.Ordinal);
        Assert.Contains("--server must be https://HOST:PORT", missing.Error, StringComparison.Ordinal);
        Assert.Contains("--ca-file or --ca-cert-hash is needed", missing.Error, StringComparison.Ordinal);
        Assert.Contains("is ready to join", (await cluster.Third.ShellAsync($"{Join} --check --runtime=docker")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_OfAnotherClustersHash_IsRefused()
    {
        var refused = await cluster.Third.ShellAsync($"nodeagent-join --server={cluster.Plane.Server.GetLeftPart(UriPartial.Authority)} --token={InstalledCluster.Token} --ca-cert-hash=sha256:{new string('0', 64)} --runtime=docker", throwOnFailure: false);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("this is not the cluster that you mean", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JoinTwice_AndUndo_LeaveNothingBehind()
    {
        var node = await cluster.BootWithPackageAsync("guest");
        await cluster.JoinAsync(node, "containerd", "--ca-file=/host/plane/pki/ca.crt");
        var pid = await node.OutputAsync("systemctl show --value -p MainPID kube-proxy");
        await node.ShellAsync($"{Join} --node-ip={node.Address} --pod-network=bridge --proxy", timeout: TimeSpan.FromMinutes(3));
        await cluster.WaitForNodeAsync(node, "True");
        Assert.Equal(pid, await node.OutputAsync("systemctl show --value -p MainPID kube-proxy"));

        await node.ShellAsync("nodeagent-join --undo");

        await cluster.KubectlAsync("delete", "node", node.Name);
        Assert.Equal("inactive\ninactive\ninactive", await node.OutputAsync("systemctl is-active kubelet kube-proxy nodeagent-pod-network || true"));
        Assert.Equal("kube-proxy-config.yaml kubelet-config.yaml kubelet.conf.d manifests pki scheduler-config.yaml", (await node.OutputAsync("ls /etc/kubernetes")).ReplaceLineEndings(" "));
        Assert.Equal("", await node.OutputAsync("ip route show proto 78; ls /etc/cni/net.d | grep nodeagent || true"));
        Assert.Equal("0", await node.OutputAsync("iptables-save | grep -c -E 'KUBE-(SVC|SEP|SERVICES)|nodeagent pod network' || true"));
        await Wait.UntilAsync("the node to stay away", TimeSpan.FromSeconds(5), async () => await cluster.FieldAsync("node", node.Name, ".metadata.name") == "");
    }
}
