using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>Upstream's kubeadm on both sides: it lays out in the cluster what nodes need to join, and joins one whose kubelet is this one.</summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class KubeadmTests(InstalledCluster cluster)
{
    private const string Token = "kubead.0123456789abcdef";

    [FactWithKubeadm]
    public async Task Join_KubeletFollowsWhatKubeadmWrote_AndResetTakesItAway()
    {
        await PrepareClusterAsync();
        var node = await cluster.BootWithPackageAsync("kubeadm-" + Guid.NewGuid().ToString("N")[..6]);
        await node.StartContainerdAsync();
        await node.ShellAsync("ln -s /host/kubeadm /usr/bin/kubeadm");
        // The pod network is the cluster's business with kubeadm; here the simplest one stands in for it.
        await node.WriteAsync("/etc/cni/net.d/10-test.conflist", """
            {"cniVersion": "0.4.0", "name": "test", "plugins": [{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipam": {"type": "host-local", "subnet": "10.199.0.0/24"}}]}
            """);
        var server = cluster.Plane.Server.Authority;
        var join = $"nodeagent-join-kubeadm -- {server} --token {Token} --discovery-token-ca-cert-hash {await cluster.AuthorityHashAsync()}"
            // The test host has no kernel configuration to read, and its own limits.
            + " --ignore-preflight-errors=all";

        try
        {
            await node.ShellAsync(join, timeout: TimeSpan.FromMinutes(4));
            await IsJoinedAsync(node);
        }
        finally
        {
            await node.ShellAsync("nodeagent-join-kubeadm --undo", timeout: TimeSpan.FromMinutes(3));
            await cluster.KubectlAsync("delete", "node", node.Name, "--ignore-not-found");
        }

        Assert.Equal("inactive", await node.OutputAsync("systemctl is-active kubelet || true"));
        Assert.Equal("gone", await node.OutputAsync("test -e /etc/kubernetes/kubelet.conf || echo gone"));
    }

    private async Task IsJoinedAsync(NodeContainer node)
    {
        await cluster.WaitForNodeAsync(node, "True");
        Assert.Equal("yes", await node.OutputAsync("grep -q 'clusterDomain: kubeadm.test' /var/lib/kubelet/config.yaml && test -s /var/lib/kubelet/kubeadm-flags.env && echo yes"));
        Assert.Contains("kubelet-client-current.pem", await node.OutputAsync("cat /etc/kubernetes/kubelet.conf"), StringComparison.Ordinal);
        Assert.Equal("", await node.OutputAsync("journalctl -u kubelet --no-pager | grep -iE 'forbidden' || true"));
    }

    private async Task PrepareClusterAsync()
    {
        var config = Path.Combine(cluster.Folder, "kubeadm.yaml");
        await File.WriteAllTextAsync(config, $$"""
            apiVersion: kubeadm.k8s.io/v1beta4
            kind: InitConfiguration
            bootstrapTokens: [{token: {{Token}}}]
            localAPIEndpoint: {advertiseAddress: {{cluster.Network.Address}}, bindPort: {{cluster.Plane.Server.Port}}}
            nodeRegistration: {criSocket: "unix:///run/containerd/containerd.sock"}
            ---
            apiVersion: kubeadm.k8s.io/v1beta4
            kind: ClusterConfiguration
            controlPlaneEndpoint: "{{cluster.Plane.Server.Authority}}"
            kubernetesVersion: v{{cluster.Plane.Binaries.Version}}
            networking: {dnsDomain: kubeadm.test}
            ---
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            cgroupDriver: cgroupfs
            failCgroupV1: false
            failSwapOn: false

            """);
        foreach (var phase in (string[][])[["upload-config", "all"], ["bootstrap-token"]])
        {
            await Command.RunAsync(cluster.Plane.Binaries.Kubeadm, ["init", "phase", .. phase, "--config", config, "--kubeconfig", cluster.Plane.AdminKubeconfig]);
        }
    }
}
