using NodeAgent.DevCluster.Containers;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Images;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Nodes;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.Installed;

/// <summary>
/// A control plane and three nodes under systemd, each with the .deb installed by apt and joined by packaging/join as the docs say;
/// the third runs its pods on Docker Engine. kube-scheduler is a service on the first.
/// </summary>
public sealed class InstalledCluster : IAsyncLifetime
{
    public const string Token = "abcdef.0123456789abcdef";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly string _folder = Directory.CreateTempSubdirectory("na-inst-").FullName;
    private NetworkNamespace? _network;
    private LocalControlPlane? _plane;
    private NodeFleet? _fleet;

    public string Folder => _folder;

    public NetworkNamespace Network => _network ?? throw new InvalidOperationException("not started");

    public LocalControlPlane Plane => _plane ?? throw new InvalidOperationException("not started");

    public NodeFleet Fleet => _fleet ?? throw new InvalidOperationException("not started");

    /// <summary>On containerd; also runs the scheduler.</summary>
    public NodeContainer First { get; private set; } = null!;

    /// <summary>On containerd; the one that tests cut off, kill and reboot.</summary>
    public NodeContainer Second { get; private set; } = null!;

    /// <summary>On Docker Engine.</summary>
    public NodeContainer Third { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await TestImages.EnsureArchiveAsync();
        _network = await NetworkNamespace.CreateAsync("na-inst");
        var plane = LocalControlPlane.StartAsync(new ControlPlaneOptions(Path.Combine(_folder, "plane"), Network.Address, Namespace: Network.Name)
        {
            ServerNames = [KindTests.ControlPlaneAddress],
            ControllerManagerFlags = ["--node-monitor-grace-period=16s", "--node-monitor-period=1s", "--controllers=*,bootstrapsigner,tokencleaner"],
        });
        _fleet = await NodeFleet.StartAsync(Path.Combine(_folder, "fleet"), Network);
        _plane = await plane;
        await PrepareClusterAsync();
        var nodes = await Task.WhenAll(BootWithPackageAsync("node-1"), BootWithPackageAsync("node-2"), BootWithPackageAsync("node-3"));
        (First, Second, Third) = (nodes[0], nodes[1], nodes[2]);
        await Task.WhenAll(
            JoinAsync(First, "containerd", "--ca-file=/host/plane/pki/ca.crt"),
            JoinAsync(Second, "containerd", $"--ca-cert-hash={await AuthorityHashAsync()}"),
            JoinAsync(Third, "docker", "--ca-file=/host/plane/pki/ca.crt"));
        await First.WriteAsync("/etc/kubernetes/scheduler.conf", await FlatKubeconfigAsync(Plane.KubeconfigFor("scheduler", "system:kube-scheduler")), "600");
        await First.ShellAsync("systemctl enable --quiet --now kube-scheduler || { journalctl --unit=kube-scheduler --no-pager --lines=20 >&2; exit 1; }");
    }

    public async Task DisposeAsync()
    {
        if (_fleet is not null)
        {
            await _fleet.DisposeAsync();
        }

        if (_plane is not null)
        {
            await _plane.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        await HostMounts.UnmountBelowAsync(_folder);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>A Debian with nothing of ours on it; the packages are in /packages, what upstream gives an administrator is in /host.</summary>
    public Task<NodeContainer> BootAsync(string name)
    {
        var mounts = new Dictionary<string, string>
        {
            ["/packages"] = Package.Folder,
            ["/host/plane/pki/ca.crt"] = Plane.Pki.CaFile,
            ["/host/kubectl"] = Plane.Binaries.Kubectl,
        };
        if (File.Exists(Plane.Binaries.Kubeadm))
        {
            mounts["/host/kubeadm"] = Plane.Binaries.Kubeadm;
        }

        return Fleet.BootAsync(name, mounts);
    }

    public async Task<NodeContainer> BootWithPackageAsync(string name)
    {
        var node = await BootAsync(name);
        await node.ShellAsync($"apt-get install -qq -y --no-install-recommends /packages/{Package.FileName} </dev/null");
        return node;
    }

    /// <summary>What a user types on a fresh node.</summary>
    public async Task JoinAsync(NodeContainer node, string runtime, string authority)
    {
        await PrepareHostAsync(node, runtime);
        await node.ShellAsync($"nodeagent-join --server={Plane.Server.GetLeftPart(UriPartial.Authority)} --token={Token} {authority} --runtime={runtime} --node-ip={node.Address} --pod-network=bridge --proxy", timeout: TimeSpan.FromMinutes(3));
    }

    /// <summary>A runtime that runs, and the settings that a host without cgroup v2 needs.</summary>
    public static async Task PrepareHostAsync(NodeContainer node, string runtime)
    {
        await (runtime == "docker" ? node.StartDockerAsync() : node.StartContainerdAsync());
        await node.WriteAsync("/etc/kubernetes/kubelet.conf.d/90-test-host.conf", """
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            failCgroupV1: false
            failSwapOn: false
            nodeLeaseDurationSeconds: 20

            """);
        if (runtime == "docker")
        {
            await node.WriteAsync("/etc/default/kubelet", $"KUBELET_EXTRA_ARGS=--pod-infra-container-image={TestImages.PauseName}\n");
        }

        await node.ShellAsync("sed -i 's/127.0.0.1:10249/0.0.0.0:10249/' /etc/kubernetes/kube-proxy-config.yaml");
    }

    public async Task<string> KubectlAsync(params string[] arguments) => (await Plane.KubectlAsync(arguments)).Output.Trim();

    public Task ApplyAsync(string manifest) => Plane.ApplyAsync(manifest);

    /// <summary>One field by kubectl's jsonpath, empty when the object or the field is not there.</summary>
    public async Task<string> FieldAsync(string kind, string name, string path) =>
        (await Plane.KubectlAsync(["get", kind, name, "-o", $"jsonpath={{{path}}}"], throwOnFailure: false)).Output.Trim();

    public Task WaitForFieldAsync(string kind, string name, string path, string expected, TimeSpan? limit = null)
    {
        var last = "";
        return Wait.UntilAsync($"{kind}/{name} to have {path} = {expected}", limit ?? Patience, async () => (last = await FieldAsync(kind, name, path)) == expected, () => $"it is: {last}", TimeSpan.FromMilliseconds(300));
    }

    public Task WaitForNodeAsync(NodeContainer node, string ready) => WaitForFieldAsync("node", node.Name, ".status.conditions[?(@.type==\"Ready\")].status", ready);

    public Task WaitForRolloutAsync(string kind, string name, TimeSpan? limit = null) =>
        Plane.KubectlAsync(["rollout", "status", $"{kind}/{name}", $"--timeout={(limit ?? Patience).TotalSeconds}s"], timeout: (limit ?? Patience) + TimeSpan.FromSeconds(10));

    /// <summary>The body of an HTTP answer as asked from a node; null when there was none.</summary>
    public static async Task<string?> GetFromAsync(NodeContainer node, string url)
    {
        var result = await node.ShellAsync($"curl --silent --fail --max-time 3 {url}", throwOnFailure: false);
        return result.ExitCode == 0 ? result.Output.Trim() : null;
    }

    public async Task<string> FlatKubeconfigAsync(string file) =>
        (await Command.RunAsync(Plane.Binaries.Kubectl, ["config", "view", "--raw", "--flatten", "--kubeconfig", file])).Output;

    /// <summary>As the docs have the administrator prepare a cluster that kubeadm did not make.</summary>
    private async Task PrepareClusterAsync()
    {
        foreach (var file in new[] { "bootstrap.yaml", "proxy-on-nodes.yaml", "prometheus.yaml" })
        {
            await Plane.KubectlAsync(["apply", "-f", Path.Combine(Package.RepositoryRoot, "packaging/rbac", file)]);
        }

        await ApplyAsync($$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: bootstrap-token-{{Token.Split('.')[0]}}, namespace: kube-system}
            type: bootstrap.kubernetes.io/token
            stringData:
              token-id: {{Token.Split('.')[0]}}
              token-secret: {{Token.Split('.')[1]}}
              usage-bootstrap-authentication: "true"
              usage-bootstrap-signing: "true"
            """);
        await PublishClusterInfoAsync();
    }

    // What kubeadm init leaves for those who join with a hash of the authority.
    private async Task PublishClusterInfoAsync()
    {
        var file = Path.Combine(_folder, "cluster-info");
        await File.WriteAllTextAsync(file, $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: ""
              cluster:
                certificate-authority-data: {Convert.ToBase64String(await File.ReadAllBytesAsync(Plane.Pki.CaFile))}
                server: {Plane.Server.GetLeftPart(UriPartial.Authority)}

            """);
        await Plane.KubectlAsync(["create", "configmap", "cluster-info", "-n", "kube-public", $"--from-file=kubeconfig={file}"]);
        await ApplyAsync("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: "kubeadm:bootstrap-signer-clusterinfo", namespace: kube-public}
            rules:
            - {apiGroups: [""], resources: [configmaps], resourceNames: [cluster-info], verbs: [get]}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: "kubeadm:bootstrap-signer-clusterinfo", namespace: kube-public}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: "kubeadm:bootstrap-signer-clusterinfo"}
            subjects:
            - {apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:anonymous"}
            """);
    }

    /// <summary>As kubeadm prints it for --discovery-token-ca-cert-hash.</summary>
    public async Task<string> AuthorityHashAsync() =>
        "sha256:" + (await Command.RunAsync("bash", ["-c", $"openssl x509 -pubkey -noout -in {Plane.Pki.CaFile} | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1"])).Output.Trim();
}
