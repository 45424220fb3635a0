using NodeAgent.DevCluster.Nodes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>
/// The commands that the docs print. Each is run on a node, with the names of the reader's hosts and files put in; those that
/// another test runs, and those that the test host lacks something for, are listed here with which and what.
/// </summary>
[Collection(InstalledCollection.Name)]
[Trait("Category", "Cluster")]
public sealed class DocumentationTests(InstalledCluster cluster)
{
    private static readonly Dictionary<string, string> Elsewhere = new()
    {
        ["./dev pack"] = "PackTests",
        ["apt install ./nodeagent_*.deb"] = "PackageTests",
        ["apt install --allow-downgrades ./nodeagent_*.deb"] = "PackageTests",
        ["apt install containerd containernetworking-plugins"] = "the node image has both, and no way to Debian's mirror",
        ["apt install docker.io containernetworking-plugins"] = "the node image has both, and no way to Debian's mirror",
        ["dnf install ./nodeagent-*.rpm"] = "there is no Fedora; PackTests reads the package",
        ["apt remove nodeagent"] = "PackageTests",
        ["apt purge nodeagent"] = "PackageTests",
        ["nodeagent-join --undo"] = "LeaveTests",
        ["kubectl apply -f /usr/share/nodeagent/rbac/bootstrap.yaml"] = "InstalledCluster",
        ["kubectl apply -f /usr/share/nodeagent/rbac/proxy-on-nodes.yaml"] = "InstalledCluster",
        ["nodeagent-join --server=https://HOST:PORT --token=abcdef.0123456789abcdef --ca-file=ca.crt --pod-network=bridge --proxy"] = "InstalledCluster",
        ["install -m 600 scheduler.conf /etc/kubernetes/scheduler.conf"] = "InstalledCluster",
        ["systemctl enable --now kube-scheduler"] = "InstalledCluster",
        ["nodeagent-join-kubeadm -- HOST:PORT --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:…"] = "KubeadmTests",
        ["kind create cluster"] = "kind's images cannot be pulled",
        ["nodeagent-join-kind"] = "KindTests",
        ["nodeagent-join-kind --scheduler=second"] = "KindTests",
        ["nodeagent-join-kind --scheduler=only"] = "KindTests",
        ["nodeagent-join-kind --undo"] = "KindTests",
        ["kubectl drain NODE --ignore-daemonsets --delete-emptydir-data"] = "WorkloadTests",
        ["kubectl uncordon NODE"] = "WorkloadTests",
        ["tar -C / --strip-components=1 -xzf nodeagent-*-linux-amd64.tar.gz"] = "InstallTarball_OnAFreshHost",
        ["systemctl daemon-reload"] = "InstallTarball_OnAFreshHost",
        ["systemctl enable kubelet"] = "InstallTarball_OnAFreshHost",
    };

    [Fact]
    public async Task Commands_AreRunHereOrElsewhere()
    {
        await cluster.First.WriteAsync("/root/.kube/config", await cluster.FlatKubeconfigAsync(cluster.Plane.AdminKubeconfig), "600");
        await cluster.First.ShellAsync("ln -sf /host/kubectl /usr/local/bin/kubectl");
        var commands = new[] { "install.md", "join.md", "operate.md" }.SelectMany(f => Commands(Path.Combine(Package.RepositoryRoot, "docs", f))).Distinct().ToList();
        Assert.True(commands.Count > 20, $"only {commands.Count} commands were found in the docs");

        foreach (var command in commands.Where(c => !Elsewhere.ContainsKey(c)))
        {
            await RunAsync(cluster.First, command);
        }
    }

    [Fact]
    public async Task InstallTarball_OnAFreshHost()
    {
        var node = await cluster.BootAsync("tarball-" + Guid.NewGuid().ToString("N")[..6]);

        await node.ShellAsync("cd /packages; tar -C / --strip-components=1 -xzf nodeagent-*-linux-amd64.tar.gz; systemctl daemon-reload; systemctl enable --quiet kubelet");

        Assert.StartsWith("Kubernetes v1.", await node.OutputAsync("kubelet --version"), StringComparison.Ordinal);
        Assert.Equal("enabled", await node.OutputAsync("systemctl is-enabled kubelet"));
    }

    private static async Task RunAsync(NodeContainer node, string command)
    {
        var result = await node.ShellAsync(command.Replace("sha256:…", "sha256:0", StringComparison.Ordinal), throwOnFailure: false);
        Assert.True(result.ExitCode == 0, $"the docs' command `{command}` ended with {result.ExitCode}: {result.Error}");
    }

    // The lines of fenced blocks; a here-document belongs to the line before it.
    private static IEnumerable<string> Commands(string file)
    {
        string? open = null;
        var fenced = false;
        foreach (var line in File.ReadLines(file))
        {
            if (open is not null)
            {
                open += "\n" + line;
                if (line == "EOF")
                {
                    yield return open;
                    open = null;
                }
            }
            else if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
            }
            else if (fenced && line.Contains("<<EOF", StringComparison.Ordinal))
            {
                open = line;
            }
            else if (fenced && line.Length > 0)
            {
                yield return line;
            }
        }
    }
}
