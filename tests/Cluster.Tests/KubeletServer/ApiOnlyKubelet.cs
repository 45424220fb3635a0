using NodeAgent.Cluster.Tests.EndToEnd;
using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Node;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.Cluster.Tests.KubeletServer;

/// <summary>
/// A real control plane and this project's kubelet, which has joined it with a bootstrap token. It runs no pods, and has no
/// container engine to run them: its server and its certificates are what is tested.
/// </summary>
public sealed class ApiOnlyKubelet : IAsyncLifetime
{
    public const string NodeName = "joiner";

    private const string Token = "abcdef.0123456789abcdef";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Directory.CreateTempSubdirectory("na-join-").FullName;
    private readonly List<string> _kubelets = [];
    private NetworkNamespace? _network;

    public LocalControlPlane Plane { get; private set; } = null!;

    public string PkiFolder => PkiOf(NodeName);

    public string KubeletKubeconfig => Path.Combine(_folder, "kubelet.conf");

    public int Port { get; } = Ports.Free();

    /// <summary>The node's. Not a loopback address: the API server passes no request on to a node on one.</summary>
    public string Address => Network.Address;

    public Uri Server => new($"https://{Address}:{Port}");

    private NetworkNamespace Network => _network ?? throw new InvalidOperationException("the network is not there yet");

    public async Task InitializeAsync()
    {
        _network = await NetworkNamespace.CreateAsync("na-join");
        Plane = await LocalControlPlane.StartAsync(new ControlPlaneOptions(Path.Combine(_folder, "plane"), Address, Namespace: Network.Name));
        await Plane.ApplyAsync(Bootstrap());
        await File.WriteAllTextAsync(Path.Combine(_folder, "bootstrap.conf"), $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: kubernetes
              cluster:
                server: {Plane.Server.GetLeftPart(UriPartial.Authority)}
                certificate-authority: {Plane.Pki.CaFile}
            users:
            - name: tls-bootstrap-token-user
              user:
                token: {Token}
            contexts:
            - name: tls-bootstrap-token-user@kubernetes
              context:
                cluster: kubernetes
                user: tls-bootstrap-token-user
            current-context: tls-bootstrap-token-user@kubernetes

            """);
        await StartAsync(NodeName, Port, KubeletKubeconfig, $"--bootstrap-kubeconfig={Path.Combine(_folder, "bootstrap.conf")}");
        await Wait.UntilAsync("the node to have joined", Patience, async () => await Plane.Reader.GetAsync(ObjectPaths.Of("node", NodeName)) is not null, LogTail, TimeSpan.FromMilliseconds(200));
    }

    /// <summary>Where a node keeps its certificates.</summary>
    public string PkiOf(string node) => Path.Combine(_folder, node, "pki");

    /// <summary>Starts a kubelet for a node of this name; it is ended with the others.</summary>
    /// <param name="kubeconfig">Its file, there already or to be written.</param>
    public async Task<ManagedProcess> StartAsync(string node, int port, string kubeconfig, params string[] flags)
    {
        var folder = Path.Combine(_folder, node);
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.yaml"), $"""
            apiVersion: kubelet.config.k8s.io/v1beta1
            kind: KubeletConfiguration
            address: {Address}
            port: {port}
            healthzPort: 0
            rotateCertificates: true
            serverTLSBootstrap: true
            enableSystemLogQuery: true
            authentication:
              anonymous:
                enabled: false
              webhook:
                enabled: true
              x509:
                clientCAFile: {Plane.Pki.CaFile}
            authorization:
              mode: Webhook
            cgroupsPerQOS: false
            failCgroupV1: false
            failSwapOn: false
            makeIPTablesUtilChains: false
            podLogsDir: {Path.Combine(folder, "pods")}
            containerRuntimeEndpoint: unix://{Path.Combine(_folder, "nobody.sock")}

            """);
        _kubelets.Add(node);
        return await ManagedProcess.StartAsync(node, _folder,
        [
            DaemonBinaries.Own().Kubelet,
            $"--config={Path.Combine(folder, "config.yaml")}",
            $"--kubeconfig={kubeconfig}",
            $"--root-dir={folder}",
            $"--cert-dir={PkiOf(node)}",
            $"--hostname-override={node}",
            $"--node-ip={Address}",
            "--v=2",
            .. flags,
        ], Network.Prefix);
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAll(_kubelets.Select(k => ManagedProcess.Find(k, _folder)?.StopAsync() ?? Task.CompletedTask));
        if (Plane is not null)
        {
            await Plane.DisposeAsync();
        }

        if (_network is not null)
        {
            await _network.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The kubelet's process.</summary>
    public int ProcessId => ManagedProcess.Find(NodeName, _folder)?.Id ?? throw new InvalidOperationException("the kubelet does not run");

    public string LogTail() => ManagedProcess.Find(NodeName, _folder)?.LogTail(30) ?? "(the kubelet does not run)";

    /// <summary>A service account's token; with the role it may do what is named.</summary>
    public async Task<string> TokenAsync(string account, params string[] subresources)
    {
        await Plane.ApplyAsync($"""
            apiVersion: v1
            kind: ServiceAccount
            metadata: {"{name: " + account + ", namespace: default}"}
            ---
            apiVersion: v1
            kind: Secret
            type: kubernetes.io/service-account-token
            metadata: {"{name: " + account + "-token, namespace: default, annotations: {kubernetes.io/service-account.name: " + account + "}}"}
            """);
        if (subresources.Length > 0)
        {
            await Plane.ApplyAsync($"""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {"{name: " + account + "}"}
                rules:
                - apiGroups: [""]
                  resources: [{string.Join(", ", subresources.Select(s => "nodes/" + s))}]
                  verbs: ["*"]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {"{name: " + account + "}"}
                roleRef: {"{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + account + "}"}
                subjects: [{"{kind: ServiceAccount, name: " + account + ", namespace: default}"}]
                """);
        }

        var token = "";
        await Wait.UntilAsync($"a token for {account}", Patience, async () =>
            (token = (await Plane.KubectlAsync(["get", "secret", account + "-token", "-o", "jsonpath={.data.token}"], throwOnFailure: false)).Output.Trim()).Length > 0, interval: TimeSpan.FromMilliseconds(200));
        return System.Text.Encoding.ASCII.GetString(Convert.FromBase64String(token));
    }

    /// <summary>What kubeadm sets up for nodes to join: a token, and who approves what they ask for.</summary>
    private static string Bootstrap()
    {
        var parts = Token.Split('.');
        return $"""
            apiVersion: v1
            kind: Secret
            type: bootstrap.kubernetes.io/token
            metadata:
              name: bootstrap-token-{parts[0]}
              namespace: kube-system
            stringData:
              token-id: {parts[0]}
              token-secret: {parts[1]}
              usage-bootstrap-authentication: "true"
              auth-extra-groups: system:bootstrappers:test
            ---
            {Binding("kubelet-bootstrap", "system:node-bootstrapper", "system:bootstrappers:test")}
            ---
            {Binding("approve-clients", "system:certificates.k8s.io:certificatesigningrequests:nodeclient", "system:bootstrappers:test")}
            ---
            {Binding("approve-renewals", "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:nodes")}
            """;
    }

    private static string Binding(string name, string role, string group) => $"""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {"{name: " + name + "}"}
        roleRef: {"{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: \"" + role + "\"}"}
        subjects: [{"{apiGroup: rbac.authorization.k8s.io, kind: Group, name: \"" + group + "\"}"}]
        """;
}
