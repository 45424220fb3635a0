using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>
/// nodeagent-join-kind on a host with Docker, against a container with the layout of kind's control plane: admin.conf, pki,
/// scheduler.conf, static manifests and kubectl are where kind has them. The API server behind its address is the test's own.
/// </summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class KindTests(InstalledCluster cluster)
{
    internal const string ControlPlaneAddress = "172.30.0.2";

    private const string Container = "kind-control-plane";

    [Fact]
    public async Task JoinKind_WithASecondAndWithTheOnlyScheduler_AndUndo()
    {
        var host = await cluster.BootWithPackageAsync("kind-host");
        await InstalledCluster.PrepareHostAsync(host, "containerd");
        Assert.Contains($"there is no running container {Container}", (await host.ShellAsync("nodeagent-join-kind", throwOnFailure: false)).Error, StringComparison.Ordinal);
        await host.StartDockerAsync();
        await LayOutAsync(host);
        await DaemonSetAsync("kube-proxy");

        await host.ShellAsync("nodeagent-join-kind --check");
        await host.ShellAsync("nodeagent-join-kind --scheduler=second", timeout: TimeSpan.FromMinutes(3));
        await host.ShellAsync("nodeagent-join-kind --scheduler=second", timeout: TimeSpan.FromMinutes(3));

        await cluster.WaitForNodeAsync(host, "True");
        Assert.Equal("active\nactive\nactive", await host.OutputAsync("systemctl is-active kubelet kube-proxy kube-scheduler"));
        Assert.Equal("DoesNotExist", await cluster.KubectlAsync("get", "daemonset", "kube-proxy", "-n", "kube-system", "-o", "jsonpath={..matchExpressions[0].operator}"));
        await cluster.ApplyAsync($$"""
            apiVersion: v1
            kind: Pod
            metadata: {name: on-the-host}
            spec:
              schedulerName: nodeagent
              nodeSelector: {nodeagent: host}
              terminationGracePeriodSeconds: 1
              containers: [{name: main, image: "{{TestImages.BusyboxName}}", imagePullPolicy: Never, command: [sleep, "3600"]}]
            """);
        await cluster.WaitForFieldAsync("pod", "on-the-host", ".status.phase", "Running");
        Assert.Equal(host.Name, await cluster.FieldAsync("pod", "on-the-host", ".spec.nodeName"));

        await host.ShellAsync("systemctl disable --now kube-scheduler; rm -r /etc/systemd/system/kube-scheduler.service.d; nodeagent-join-kind --scheduler=only", timeout: TimeSpan.FromMinutes(3));
        Assert.Equal("kube-scheduler.yaml.nodeagent", await host.OutputAsync("ls /root/kind | grep scheduler.yaml"));
        await Wait.UntilAsync("the scheduler to be active", TimeSpan.FromSeconds(30), async () => await host.OutputAsync("systemctl is-active kube-scheduler || true") == "active");

        await host.ShellAsync("nodeagent-join-kind --undo", timeout: TimeSpan.FromMinutes(3));
        Assert.Equal("kube-scheduler.yaml", await host.OutputAsync("ls /root/kind/manifests"));
        Assert.Equal("", await cluster.FieldAsync("node", host.Name, ".metadata.name"));
        Assert.Equal("inactive\ninactive\ninactive", await host.OutputAsync("systemctl is-active kubelet kube-proxy kube-scheduler || true"));
        Assert.Equal("0", await host.OutputAsync("iptables-save | grep -c -E 'KUBE-(SVC|SEP|SERVICES)' || true"));
        await cluster.KubectlAsync("delete", "daemonset", "kube-proxy", "-n", "kube-system");
    }

    private async Task LayOutAsync(NodeContainer host)
    {
        var port = cluster.Plane.Server.Port;
        await host.WriteAsync("/root/kind/admin.conf", await cluster.FlatKubeconfigAsync(cluster.Plane.AdminKubeconfig), "600");
        await host.WriteAsync("/root/kind/scheduler.conf", await cluster.FlatKubeconfigAsync(cluster.Plane.KubeconfigFor("kind-scheduler", "system:kube-scheduler")), "600");
        await host.WriteAsync("/root/kind/pki/ca.crt", await File.ReadAllTextAsync(cluster.Plane.Pki.CaFile));
        await host.WriteAsync("/root/kind/manifests/kube-scheduler.yaml", "# upstream's, were this kind\n");
        await host.ShellAsync($"""
            docker network create --subnet 172.30.0.0/24 kind >/dev/null
            docker run --detach --name {Container} --network kind --ip {ControlPlaneAddress} --volume /root/kind:/etc/kubernetes --volume /host/kubectl:/bin/kubectl:ro {TestImages.BusyboxName} sleep 1000000 >/dev/null
            iptables -w 5 -t nat -A POSTROUTING -s 172.30.0.0/24 ! -d 172.30.0.0/24 -j MASQUERADE
            iptables -w 5 -t nat -A OUTPUT -d {ControlPlaneAddress} -p tcp --dport {port} -j DNAT --to-destination {cluster.Network.Address}:{port}
            """);
    }

    private Task DaemonSetAsync(string name) => cluster.ApplyAsync($$$"""
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: {{{name}}}, namespace: kube-system}
        spec:
          selector: {matchLabels: {app: {{{name}}} } }
          template:
            metadata: {labels: {app: {{{name}}} } }
            spec:
              nodeSelector: {none: such}
              containers: [{name: main, image: "{{{TestImages.BusyboxName}}}", imagePullPolicy: Never, command: [sleep, "3600"]}]
        """);
}
