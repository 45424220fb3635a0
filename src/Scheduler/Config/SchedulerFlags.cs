using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;

namespace NodeAgent.Scheduler.Config;

/// <summary>Upstream's flags of the scheduler.</summary>
internal sealed class SchedulerFlags
{
    private readonly Flag<string> _config;
    private readonly Flag<string> _kubeconfig;
    private readonly Flag<double> _qps;
    private readonly Flag<int> _burst;
    private readonly Flag<bool> _leaderElect;
    private readonly Flag<TimeSpan> _leaseDuration;
    private readonly Flag<TimeSpan> _renewDeadline;
    private readonly Flag<TimeSpan> _retryPeriod;
    private readonly Flag<string> _resourceLock;
    private readonly Flag<string> _resourceName;
    private readonly Flag<string> _resourceNamespace;
    private readonly Flag<IReadOnlyDictionary<string, bool>> _featureGates;

    public SchedulerFlags(FlagSet flags)
    {
        flags.Group("Misc");
        _config = flags.String("config", "", "The configuration file, KubeSchedulerConfiguration of kubescheduler.config.k8s.io/v1.");
        Master = flags.String("master", "", "The address of the API server; wins over the one in the kubeconfig.");
        flags.Group("Deprecated");
        _kubeconfig = flags.String("kubeconfig", "", "The kubeconfig file to reach the API server with; clientConnection.kubeconfig of the configuration wins.");
        _qps = flags.Float("kube-api-qps", 50, "Requests per second to the API server.");
        _burst = flags.Int("kube-api-burst", 100, "Requests that may leave at once.");
        flags.Ignored("kube-api-content-type", "pod-max-in-unschedulable-pods-duration");
        flags.IgnoredBool("profiling", "contention-profiling");
        flags.Group("Secure serving");
        BindAddress = flags.String("bind-address", "0.0.0.0", "The address to serve metrics and health on.");
        SecurePort = flags.Int("secure-port", 10259, "The port to serve on with TLS; 0 serves nothing.");
        CertificateFile = flags.String("tls-cert-file", "", "The certificate to serve with; without one, one is made.");
        KeyFile = flags.String("tls-private-key-file", "", "The key of the certificate.");
        flags.Ignored("cert-dir", "tls-min-version", "tls-cipher-suites", "tls-sni-cert-key", "http2-max-streams-per-connection", "permit-address-sharing", "permit-port-sharing");
        flags.Group("Authentication and authorization");
        AuthenticationKubeconfig = flags.String("authentication-kubeconfig", "", "The kubeconfig to ask the API server with who callers are; empty for the scheduler's own.");
        AuthorizationKubeconfig = flags.String("authorization-kubeconfig", "", "The kubeconfig to ask the API server with what callers may do; empty for the scheduler's own.");
        ClientCaFile = flags.String("client-ca-file", "", "Callers with a certificate of these authorities are known by its name.");
        AlwaysAllowPaths = flags.List("authorization-always-allow-paths", ["/healthz", "/readyz", "/livez"], "Paths that everybody may read.");
        flags.Ignored("authentication-token-webhook-cache-ttl", "authorization-webhook-cache-authorized-ttl", "authorization-webhook-cache-unauthorized-ttl", "requestheader-allowed-names", "requestheader-client-ca-file", "requestheader-extra-headers-prefix", "requestheader-group-headers", "requestheader-uid-headers", "requestheader-username-headers");
        SkipLookup = flags.Bool("authentication-skip-lookup", false, "The cluster's client certificate authorities are not read from the API server; without --client-ca-file callers are known by tokens alone.");
        flags.IgnoredBool("authentication-tolerate-lookup-failure");
        flags.Group("Leader election");
        _leaderElect = flags.Bool("leader-elect", true, "Only the holder of the lease schedules.");
        _leaseDuration = flags.Duration("leader-elect-lease-duration", TimeSpan.FromSeconds(15), "How long others wait after the last renewal that they saw.");
        _renewDeadline = flags.Duration("leader-elect-renew-deadline", TimeSpan.FromSeconds(10), "How long the leader tries to renew before it gives up.");
        _retryPeriod = flags.Duration("leader-elect-retry-period", TimeSpan.FromSeconds(2), "From one attempt to the next.");
        _resourceLock = flags.String("leader-elect-resource-lock", "leases", "The kind of the lock; leases is the only one.");
        _resourceName = flags.String("leader-elect-resource-name", "kube-scheduler", "The name of the lease.");
        _resourceNamespace = flags.String("leader-elect-resource-namespace", "kube-system", "The namespace of the lease.");
        flags.Group("Features");
        _featureGates = flags.BoolMap("feature-gates", "What is on and off that is not by default, such as GenericWorkload=true,GangScheduling=true.");
        flags.Ignored("emulated-version");
    }

    public Flag<string> Master { get; }

    public Flag<string> BindAddress { get; }

    public Flag<int> SecurePort { get; }

    public Flag<string> CertificateFile { get; }

    public Flag<string> KeyFile { get; }

    public Flag<string> AuthenticationKubeconfig { get; }

    public Flag<string> AuthorizationKubeconfig { get; }

    public Flag<string> ClientCaFile { get; }

    public Flag<bool> SkipLookup { get; }

    public Flag<IReadOnlyList<string>> AlwaysAllowPaths { get; }

    /// <summary>The path of the configuration file; empty without one.</summary>
    public string ConfigFile => _config.Value;

    public FeatureGates Gates => FeatureGates.From(_featureGates.Value);

    /// <exception cref="ConfigException">The file or the flags cannot be used; the message lists everything.</exception>
    public KubeSchedulerConfiguration Load(StartupWarnings warnings)
    {
        var config = new KubeSchedulerConfiguration();
        warnings.NotActedOn("feature gates", FeatureGates.Unknown(_featureGates.Value));
        if (_config.Value.Length > 0)
        {
            var document = ConfigReader.ReadFile<KubeSchedulerConfiguration>(_config.Value, KubeSchedulerConfiguration.Kind);
            warnings.NotActedOn($"fields of {_config.Value}", document.NotActedOn);
            config = document.Value;
        }

        config = WithFlags(config);
        var errors = config.Validate().Concat(Gates.Validate()).ToList();
        return errors.Count == 0 ? config : throw new ConfigException("the configuration cannot be used", errors);
    }

    private KubeSchedulerConfiguration WithFlags(KubeSchedulerConfiguration config)
    {
        var hasFile = _config.Value.Length > 0;
        var election = config.LeaderElection;
        return config with
        {
            LeaderElection = election with
            {
                LeaderElect = _leaderElect.Over(election.LeaderElect),
                LeaseDuration = _leaseDuration.Over(election.LeaseDuration),
                RenewDeadline = _renewDeadline.Over(election.RenewDeadline),
                RetryPeriod = _retryPeriod.Over(election.RetryPeriod),
                ResourceLock = _resourceLock.Over(election.ResourceLock),
                ResourceName = _resourceName.Over(election.ResourceName),
                ResourceNamespace = _resourceNamespace.Over(election.ResourceNamespace),
            },
            ClientConnection = config.ClientConnection with
            {
                Kubeconfig = config.ClientConnection.Kubeconfig.Length > 0 ? config.ClientConnection.Kubeconfig : _kubeconfig.Value,
                Qps = hasFile ? config.ClientConnection.Qps : _qps.Over(config.ClientConnection.Qps),
                Burst = hasFile ? config.ClientConnection.Burst : _burst.Over(config.ClientConnection.Burst),
            },
        };
    }
}
