using System.Net;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.ControlPlane;

/// <summary>A real etcd, kube-apiserver and kube-controller-manager of this host, with certificates of their own.</summary>
public sealed class LocalControlPlane : IAsyncDisposable
{
    public const string EtcdName = "etcd";
    public const string ApiServerName = "kube-apiserver";
    public const string ControllerManagerName = "kube-controller-manager";

    // Old API servers wait for their watchers to leave, who do not.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(2);

    private readonly ControlPlaneOptions _options;
    private readonly int _etcdPort;
    private readonly int _etcdPeerPort;
    private ApiReader? _reader;

    private LocalControlPlane(ControlPlaneOptions options, KubeBinaries binaries)
    {
        _options = options;
        Binaries = binaries;
        _etcdPort = options.EtcdPort ?? Ports.Free();
        _etcdPeerPort = options.EtcdPort + 1 ?? Ports.Free();
        Server = new UriBuilder("https", options.Address, options.Port ?? Ports.Free()).Uri;
        Pki = new Pki(Path.Combine(options.Folder, "pki"));
    }

    public KubeBinaries Binaries { get; }

    public Uri Server { get; }

    public Pki Pki { get; }

    /// <summary>A kubeconfig for a member of system:masters.</summary>
    public string AdminKubeconfig => Path.Combine(_options.Folder, "admin.kubeconfig");

    /// <summary>For what is asked again and again while it is waited for; <see cref="KubectlAsync"/> is what a user would do.</summary>
    public ApiReader Reader => _reader ??= new ApiReader(Server, Pki);

    /// <summary>Starts the control plane and returns when it is ready to be used.</summary>
    public static async Task<LocalControlPlane> StartAsync(ControlPlaneOptions options)
    {
        Directory.CreateDirectory(options.Folder);
        var plane = new LocalControlPlane(options, await KubeBinaries.FindAsync());
        plane.Pki.EnsureClusterFiles([options.Address, "127.0.0.1", "localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", FirstAddress(options.ServiceCidr), .. options.ServerNames]);
        plane.WriteKubeconfig(plane.AdminKubeconfig, "admin", "kubernetes-admin", "system:masters");
        try
        {
            await plane.StartEtcdAsync();
            await plane.StartApiServerAsync();
            if (options.ControllerManager)
            {
                await plane.StartControllerManagerAsync();
                await Wait.UntilAsync("the default service account", TimeSpan.FromSeconds(60), async () =>
                    await plane.Reader.GetAsync("/api/v1/namespaces/default/serviceaccounts/default") is not null);
            }

            return plane;
        }
        catch
        {
            await plane.DisposeAsync();
            throw;
        }
    }

    /// <summary>A kubeconfig for any user, with a client certificate of the cluster's CA.</summary>
    public string KubeconfigFor(string name, string user, string? group = null)
    {
        var file = Path.Combine(_options.Folder, name + ".kubeconfig");
        WriteKubeconfig(file, name, user, group);
        return file;
    }

    /// <summary>Upstream's kubectl as the cluster's administrator.</summary>
    public Task<CommandResult> KubectlAsync(IReadOnlyList<string> arguments, string? input = null, bool throwOnFailure = true, TimeSpan? timeout = null) =>
        Command.RunAsync(Binaries.Kubectl, ["--kubeconfig", AdminKubeconfig, .. arguments], input, throwOnFailure, timeout);

    /// <summary>Applies manifests with upstream's kubectl as the cluster's administrator.</summary>
    /// <remarks>A kubectl that checks them itself has the API server describe all that it has, for each of them; newer ones leave it to the server.</remarks>
    public Task<CommandResult> ApplyAsync(string manifests) =>
        KubectlAsync(["apply", "-f", "-", .. Binaries.AtLeast(27) ? Array.Empty<string>() : ["--validate=false"]], input: manifests);

    /// <summary>Starts etcd, again after <see cref="StopAsync"/>.</summary>
    public Task StartEtcdAsync() => StartAsync(EtcdName, EtcdCommand);

    /// <summary>What etcd is started with, for a test that starts it in another way.</summary>
    public IReadOnlyList<string> EtcdCommand =>
    [
        Binaries.Etcd,
        "--name", "nodeagent",
        "--data-dir", Path.Combine(_options.Folder, "etcd"),
        "--listen-client-urls", $"http://127.0.0.1:{_etcdPort}",
        "--advertise-client-urls", $"http://127.0.0.1:{_etcdPort}",
        "--listen-peer-urls", $"http://127.0.0.1:{_etcdPeerPort}",
        "--initial-advertise-peer-urls", $"http://127.0.0.1:{_etcdPeerPort}",
        "--initial-cluster", $"nodeagent=http://127.0.0.1:{_etcdPeerPort}",
        .. _options.Durable ? Array.Empty<string>() : ["--unsafe-no-fsync"],
    ];

    /// <summary>What the API server is started with.</summary>
    public IReadOnlyList<string> ApiServerCommand =>
    [
        Binaries.ApiServer,
        $"--bind-address={_options.Address}",
        $"--advertise-address={AdvertisedAddress()}",
        $"--secure-port={Server.Port}",
        $"--etcd-servers=http://127.0.0.1:{_etcdPort}",
        $"--service-cluster-ip-range={_options.ServiceCidr}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--enable-bootstrap-token-auth=true",
        "--allow-privileged=true",
        $"--client-ca-file={Pki.CaFile}",
        $"--tls-cert-file={Pki.PathOf("apiserver.crt")}",
        $"--tls-private-key-file={Pki.PathOf("apiserver.key")}",
        $"--kubelet-client-certificate={Pki.PathOf("apiserver-kubelet-client.crt")}",
        $"--kubelet-client-key={Pki.PathOf("apiserver-kubelet-client.key")}",
        "--kubelet-preferred-address-types=InternalIP,Hostname",
        "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
        $"--service-account-key-file={Pki.PathOf("sa.pub")}",
        $"--service-account-signing-key-file={Pki.PathOf("sa.key")}",
        $"--requestheader-client-ca-file={Pki.PathOf("front-proxy-ca.crt")}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        $"--proxy-client-cert-file={Pki.PathOf("front-proxy-client.crt")}",
        $"--proxy-client-key-file={Pki.PathOf("front-proxy-client.key")}",
        "--event-ttl=1h",
        .. _options.ApiServerFlags,
    ];

    /// <summary>Starts the API server, again after <see cref="StopAsync"/>, and waits until it is ready.</summary>
    public async Task StartApiServerAsync()
    {
        var process = await StartAsync(ApiServerName, ApiServerCommand);
        await Wait.UntilAsync($"the API server on {Server} to be ready", TimeSpan.FromSeconds(90), async () => process.IsRunning
            ? await IsReadyAsync()
            : throw new TimeoutException($"kube-apiserver ended:\n{process.LogTail()}"), () => process.LogTail(), TimeSpan.FromMilliseconds(100));
    }

    /// <summary>Whether the API server says that it is ready, whoever runs it.</summary>
    public async Task<bool> IsReadyAsync() => await Reader.GetAsync("/readyz") == "ok";

    public Task StartControllerManagerAsync()
    {
        var kubeconfig = KubeconfigFor("controller-manager", "system:kube-controller-manager");
        return StartAsync(ControllerManagerName,
        [
            Binaries.ControllerManager,
            $"--kubeconfig={kubeconfig}",
            $"--authentication-kubeconfig={kubeconfig}",
            $"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1",
            $"--secure-port={Ports.Free()}",
            .. Binaries.AtLeast(24) ? Array.Empty<string>() : ["--port=0"],
            "--controllers=*,bootstrapsigner,tokencleaner",
            "--leader-elect=false",
            "--use-service-account-credentials=true",
            "--allocate-node-cidrs=true",
            $"--cluster-cidr={_options.PodCidr}",
            $"--service-cluster-ip-range={_options.ServiceCidr}",
            $"--root-ca-file={Pki.CaFile}",
            $"--cluster-signing-cert-file={Pki.CaFile}",
            $"--cluster-signing-key-file={Pki.CaKeyFile}",
            $"--service-account-private-key-file={Pki.PathOf("sa.key")}",
            $"--requestheader-client-ca-file={Pki.PathOf("front-proxy-ca.crt")}",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            // A claim and a volume that name each other are bound at the next round only, 15 seconds apart by default.
            "--pvclaimbinder-sync-period=1s",
            .. _options.ControllerManagerFlags,
        ]);
    }

    /// <summary>Ends one of the processes by its name; its data stays.</summary>
    public Task StopAsync(string name) => ManagedProcess.Find(name, _options.Folder)?.StopAsync(EndPatience) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var name in new[] { ControllerManagerName, ApiServerName, EtcdName })
        {
            await StopAsync(name);
        }

        _reader?.Dispose();
    }

    private static string FirstAddress(string cidr)
    {
        var bytes = IPNetwork.Parse(cidr).BaseAddress.GetAddressBytes();
        bytes[^1]++;
        return new IPAddress(bytes).ToString();
    }

    // Endpoints must not be loopback addresses: the `kubernetes` Service would be refused.
    private string AdvertisedAddress() =>
        IPAddress.Parse(_options.Address) is var address && !IPAddress.IsLoopback(address) && !address.Equals(IPAddress.Any)
            ? _options.Address
            : HostAddress.Primary().ToString();

    // One that an earlier run started, and that still runs, is gone on with.
    private async Task<ManagedProcess> StartAsync(string name, IReadOnlyList<string> command) =>
        ManagedProcess.Find(name, _options.Folder)
            ?? await ManagedProcess.StartAsync(name, _options.Folder, command, NetworkNamespace.EnterPrefix(_options.Namespace));

    private void WriteKubeconfig(string file, string name, string user, string? group)
    {
        var (certificate, key) = Pki.EnsureClient(name, user, group);
        Kubeconfig.Write(file, Server, Pki.CaFile, certificate, key, user);
    }
}
