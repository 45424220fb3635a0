using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;
using NodeAgent.Proxy.Iptables;

namespace NodeAgent.Proxy.Config;

/// <summary>
/// The command line of kube-proxy: upstream's flags. With <c>--config</c> the file says everything, and of the flags only
/// those that name the node, the API server, logging and what to do still count.
/// </summary>
internal sealed class ProxyFlags
{
    private readonly FlagSet _flags;
    private readonly Flag<string> _config;
    private readonly Flag<bool> _cleanup;
    private readonly Flag<bool> _initOnly;
    private readonly Flag<string> _hostname;
    private readonly Flag<string> _master;
    private readonly Flag<IptablesFlavour> _flavour;
    private readonly Flag<string> _writeConfigTo;
    private readonly Flag<int> _maxServiceSeries;
    private readonly List<(Flag Flag, Action<KubeProxyConfiguration> Apply)> _replacedByConfig = [];

    public ProxyFlags(FlagSet flags)
    {
        _flags = flags;
        _config = flags.String("config", "", "The path to the configuration file.");
        _cleanup = flags.Bool("cleanup", false, "If true remove all rules of the proxy, in both flavours of iptables, and exit.");
        _initOnly = flags.Bool("init-only", false, "If true set up the kernel settings that need full root rights, and exit.");
        _hostname = flags.String("hostname-override", "", "The name of this node's Node object; the host's name when empty.");
        _master = flags.String("master", "", "The address of the Kubernetes API server (overrides any value in kubeconfig).");
        _flavour = flags.Custom("iptables-flavour", IptablesFlavour.Default, "string", "\"nft\" or \"legacy\" to write rules with that flavour of iptables; by default the one that the kubelet uses on this node. Not a flag of upstream's.", ParseFlavour, static f => f == IptablesFlavour.Default ? "" : f.ToString().ToLowerInvariant());
        _writeConfigTo = flags.String("write-config-to", "", "If set, write the configuration with its default values to this file and exit.");
        _maxServiceSeries = flags.Int("service-metrics-limit", 1000, "How many Service ports have a connection counter of their own in the metrics (0 for no counters from the rules). Not a flag of upstream's.");
        DeclareConnection();
        DeclareAddresses();
        DeclareRules();
        DeclareConntrack();
        flags.Ignored("feature-gates", "kube-api-content-type", "ipvs-sync-period", "ipvs-min-sync-period", "ipvs-scheduler", "ipvs-exclude-cidrs", "ipvs-tcp-timeout", "ipvs-tcpfin-timeout", "ipvs-udp-timeout", "config-sync-period");
        flags.IgnoredBool("ipvs-strict-arp", "profiling");
    }

    /// <exception cref="ConfigException">The configuration cannot be used; with everything that is wrong.</exception>
    public ProxyCommand Load(StartupWarnings warnings)
    {
        var configuration = ReadConfiguration(warnings);
        var builder = new OptionsBuilder(configuration);
        var hostname = _hostname.IsSet ? _hostname.Value : configuration.HostnameOverride is { Length: > 0 } name ? name : Environment.MachineName;
        var options = builder.Build(hostname) ?? throw new ConfigException("the configuration cannot be used", builder.Errors);
        if (_maxServiceSeries.Value < 0)
        {
            throw new ConfigException("the flags cannot be used", $"--service-metrics-limit: {_maxServiceSeries.Value} is negative");
        }

        return new ProxyCommand(options with { Iptables = _flavour.Value, MaxServiceSeries = _maxServiceSeries.Value }, configuration)
        {
            WriteConfigTo = _writeConfigTo.Value.Length > 0 ? _writeConfigTo.Value : null,
            Cleanup = _cleanup.Value,
            InitOnly = _initOnly.Value,
            Master = _master.Value.Length > 0 ? _master.Value : null,
            ConfigFile = _config.Value.Length > 0 ? _config.Value : null,
        };
    }

    private KubeProxyConfiguration ReadConfiguration(StartupWarnings warnings)
    {
        var used = _replacedByConfig.Where(f => f.Flag.IsSet).ToList();
        if (_config.Value.Length == 0)
        {
            var configuration = new KubeProxyConfiguration();
            used.ForEach(f => f.Apply(configuration));
            return configuration;
        }

        var document = ConfigReader.ReadFile<KubeProxyConfiguration>(_config.Value, KubeProxyConfiguration.Kind);
        warnings.NotActedOn($"fields of {_config.Value}", document.NotActedOn);
        if (used.Count > 0)
        {
            warnings.Add($"These flags do not count beside --config: {string.Join(", ", used.Select(f => "--" + f.Flag.Name))}");
        }

        return document.Value;
    }

    private void DeclareConnection()
    {
        Replaced(_flags.String("kubeconfig", "", "Path to the kubeconfig file."), (c, v) => Connection(c).Kubeconfig = v);
        Replaced(_flags.Float("kube-api-qps", 5, "Requests per second to the API server."), (c, v) => Connection(c).Qps = v);
        Replaced(_flags.Int("kube-api-burst", 10, "Requests to the API server that may leave at once."), (c, v) => Connection(c).Burst = v);
    }

    private void DeclareAddresses()
    {
        Replaced(_flags.String("bind-address", "0.0.0.0", "Overrides the node's primary address; no socket is bound to it."), (c, v) => c.BindAddress = v);
        Replaced(_flags.String("healthz-bind-address", "0.0.0.0:10256", "The address and port of the health server."), (c, v) => c.HealthzBindAddress = v);
        Replaced(_flags.String("metrics-bind-address", "127.0.0.1:10249", "The address and port of the metrics server."), (c, v) => c.MetricsBindAddress = v);
        Replaced(_flags.Bool("bind-address-hard-fail", false, "If true a server address that cannot be bound ends the proxy."), (c, v) => c.BindAddressHardFail = v);
        Replaced(_flags.Int("healthz-port", 10256, "The port of the health server."), (c, v) => c.HealthzBindAddress ??= $"0.0.0.0:{v}", "use --healthz-bind-address");
        Replaced(_flags.Int("metrics-port", 10249, "The port of the metrics server."), (c, v) => c.MetricsBindAddress ??= $"127.0.0.1:{v}", "use --metrics-bind-address");
        Replaced(_flags.List("nodeport-addresses", [], "Ranges of the node's addresses that node ports listen on, or \"primary\"; all addresses when empty."), (c, v) => c.NodePortAddresses = [.. v]);
    }

    private void DeclareRules()
    {
        Replaced(_flags.String("proxy-mode", "iptables", "Only \"iptables\"."), (c, v) => c.Mode = v);
        Replaced(_flags.Int("iptables-masquerade-bit", 14, "The bit of the packet mark that asks for masquerading, within [0, 31]."), (c, v) => Iptables(c).MasqueradeBit = v);
        Replaced(_flags.Bool("masquerade-all", false, "Masquerade all traffic to cluster addresses."), (c, v) => Iptables(c).MasqueradeAll = v);
        Replaced(_flags.Bool("iptables-localhost-nodeports", true, "If false node ports do not answer on localhost."), (c, v) => Iptables(c).LocalhostNodePorts = v);
        Replaced(_flags.Duration("iptables-sync-period", TimeSpan.FromSeconds(30), "How often the proxy looks whether its rules are still there, and at most waits before it tries again."), (c, v) => Iptables(c).SyncPeriod = v);
        Replaced(_flags.Duration("iptables-min-sync-period", TimeSpan.FromSeconds(1), "The least time between two writes of rules."), (c, v) => Iptables(c).MinSyncPeriod = v);
        Replaced(_flags.String("detect-local-mode", "ClusterCIDR", "How traffic of local pods is told from other traffic."), (c, v) => c.DetectLocalMode = v);
        Replaced(_flags.String("pod-bridge-interface", "", "For --detect-local-mode=BridgeInterface."), (c, v) => DetectLocal(c).BridgeInterface = v);
        Replaced(_flags.String("pod-interface-name-prefix", "", "For --detect-local-mode=InterfaceNamePrefix."), (c, v) => DetectLocal(c).InterfaceNamePrefix = v);
        Replaced(_flags.String("cluster-cidr", "", "The range of the cluster's pods; one of each family for dual stack."), (c, v) => c.ClusterCidr = v);
        Replaced(_flags.Int("oom-score-adj", -999, "The oom-score-adj of the process, within [-1000, 1000]."), (c, v) => c.OomScoreAdj = v);
    }

    private void DeclareConntrack()
    {
        Replaced(_flags.Int("conntrack-max-per-core", 32 * 1024, "Connections to track per CPU (0 leaves the limit and ignores --conntrack-min)."), (c, v) => Conntrack(c).MaxPerCore = v);
        Replaced(_flags.Int("conntrack-min", 128 * 1024, "The least limit of connections to track."), (c, v) => Conntrack(c).Min = v);
        Replaced(_flags.Duration("conntrack-tcp-timeout-established", TimeSpan.FromHours(24), "Idle timeout of established TCP connections (0 leaves it)."), (c, v) => Conntrack(c).TcpEstablishedTimeout = v);
        Replaced(_flags.Duration("conntrack-tcp-timeout-close-wait", TimeSpan.FromHours(1), "NAT timeout of TCP connections in state CLOSE_WAIT (0 leaves it)."), (c, v) => Conntrack(c).TcpCloseWaitTimeout = v);
        Replaced(_flags.Bool("conntrack-tcp-be-liberal", false, "Sets nf_conntrack_tcp_be_liberal to 1."), (c, v) => Conntrack(c).TcpBeLiberal = v);
        Replaced(_flags.Duration("conntrack-udp-timeout", TimeSpan.Zero, "Idle timeout of unanswered UDP connections (0 leaves it)."), (c, v) => Conntrack(c).UdpTimeout = v);
        Replaced(_flags.Duration("conntrack-udp-timeout-stream", TimeSpan.Zero, "Idle timeout of answered UDP connections (0 leaves it)."), (c, v) => Conntrack(c).UdpStreamTimeout = v);
    }

    private void Replaced<T>(Flag<T> flag, Action<KubeProxyConfiguration, T> apply, string? deprecatedFor = null)
    {
        if (deprecatedFor is not null)
        {
            flag.Deprecated(deprecatedFor);
        }

        _replacedByConfig.Add((flag, config => apply(config, flag.Value)));
    }

    private static ClientConnectionConfiguration Connection(KubeProxyConfiguration config) => config.ClientConnection ??= new();

    private static IptablesConfiguration Iptables(KubeProxyConfiguration config) => config.Iptables ??= new();

    private static DetectLocalConfiguration DetectLocal(KubeProxyConfiguration config) => config.DetectLocal ??= new();

    private static ConntrackConfiguration Conntrack(KubeProxyConfiguration config) => config.Conntrack ??= new();

    private static IptablesFlavour ParseFlavour(string text) => text switch
    {
        "" => IptablesFlavour.Default,
        "nft" => IptablesFlavour.Nft,
        "legacy" => IptablesFlavour.Legacy,
        _ => throw new FormatException("nft or legacy is expected"),
    };
}
