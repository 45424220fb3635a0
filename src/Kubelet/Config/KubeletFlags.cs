using NodeAgent.ContainerRuntime.Docker;
using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Images.Credentials;

namespace NodeAgent.Kubelet.Config;

/// <summary>Upstream's flags of the kubelet. A flag that is given wins over the config file.</summary>
internal sealed class KubeletFlags
{
    private const string DockerScheme = "docker://";
    private static readonly string[] Effects = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

    private readonly Flag<string> _config;
    private readonly Flag<string> _configDir;
    private readonly Flag<string> _kubeconfig;
    private readonly Flag<string> _bootstrapKubeconfig;
    private readonly Flag<bool> _rotateCertificates;
    private readonly Flag<bool> _rotateServerCertificates;
    private readonly Flag<bool> _standalone;
    private readonly Flag<string> _runtime;
    private readonly Flag<string> _runtimeEndpoint;
    private readonly Flag<string> _hostname;
    private readonly Flag<string> _nodeIP;
    private readonly Flag<IReadOnlyDictionary<string, string>> _labels;
    private readonly Flag<IReadOnlyList<string>> _taints;
    private readonly Flag<bool> _registerNode;
    private readonly Flag<string> _root;
    private readonly Flag<string> _certDir;
    private readonly Flag<string> _manifests;
    private readonly Flag<string> _manifestUrl;
    private readonly Flag<string> _cgroupDriver;
    private readonly Flag<string> _cgroupRoot;
    private readonly Flag<bool> _cgroupsPerQos;
    private readonly Flag<bool> _failSwapOn;
    private readonly Flag<bool> _failCgroupV1;
    private readonly Flag<IReadOnlyList<string>> _clusterDns;
    private readonly Flag<string> _clusterDomain;
    private readonly Flag<int> _maxPods;
    private readonly Flag<string> _resolvConf;
    private readonly Flag<string> _providerId;
    private readonly Flag<string> _sandboxImage;
    private readonly Flag<string> _cniConfig;
    private readonly Flag<string> _cniCache;
    private readonly Flag<IReadOnlyList<string>> _cniPlugins;
    private readonly Flag<string> _credentialProviders;
    private readonly Flag<string> _credentialProgramFolder;
    private readonly Flag<IReadOnlyDictionary<string, bool>> _featureGates;
    private readonly Flag<string> _cpuPolicy;
    private readonly Flag<string> _memoryPolicy;
    private readonly Flag<string> _topologyPolicy;
    private readonly Flag<string> _topologyScope;
    private readonly Flag<string> _reservedCpus;

    public KubeletFlags(FlagSet flags)
    {
        flags.Group("Kubelet");
        _config = flags.String("config", "", "The config file, kind KubeletConfiguration of kubelet.config.k8s.io/v1beta1.");
        _configDir = flags.String("config-dir", "", "A folder of *.conf files that are laid over the config file in the order of their names.");
        _kubeconfig = flags.String("kubeconfig", "", "The kubeconfig file for the API server. Without it the kubelet runs static pods only.");
        _bootstrapKubeconfig = flags.String("bootstrap-kubeconfig", "", "The kubeconfig file with which a node without a certificate asks for one; then --kubeconfig is written.");
        _rotateCertificates = flags.Bool("rotate-certificates", false, "Ask for a new client certificate before the one in use ends.");
        _rotateServerCertificates = flags.Bool("rotate-server-certificates", false, "Ask the cluster for the serving certificate, and for a new one before it ends.");
        _standalone = flags.Bool("standalone", false, "Run static pods only, whatever kubeconfig says.");
        _runtime = flags.Custom("container-runtime", "", "string", "What listens on the runtime endpoint: \"cri\" or \"docker\"; found out when not given.", ParseRuntime);
        _runtimeEndpoint = flags.String("container-runtime-endpoint", "", "The unix socket of the container runtime: unix:///path for CRI, docker:///path for a Docker Engine.");
        _hostname = flags.String("hostname-override", "", "The name of the node, instead of the host's name.");
        _nodeIP = flags.String("node-ip", "", "The address of the node.");
        _labels = flags.Map("node-labels", "Labels that the node is registered with.");
        _taints = flags.List("register-with-taints", [], "Taints that the node is registered with: key=value:effect.");
        _registerNode = flags.Bool("register-node", true, "Register the node with the API server.");
        _root = flags.String("root-dir", "/var/lib/kubelet", "The folder for files of pods.");
        _certDir = flags.String("cert-dir", "/var/lib/kubelet/pki", "The folder for certificates.");
        _manifests = flags.String("pod-manifest-path", "", "The folder (or file) of static pod manifests.");
        _manifestUrl = flags.String("manifest-url", "", "The address of static pod manifests.");
        _cgroupDriver = flags.String("cgroup-driver", "cgroupfs", "Who makes cgroups: \"cgroupfs\" or \"systemd\".");
        _cgroupRoot = flags.String("cgroup-root", "", "The cgroup below which those of pods lie.");
        _cgroupsPerQos = flags.Bool("cgroups-per-qos", true, "Make a cgroup for each quality-of-service class and each pod.");
        _failSwapOn = flags.Bool("fail-swap-on", true, "Do not start on a host with swap.");
        _failCgroupV1 = flags.Bool("fail-cgroupv1", true, "Do not start on a host with cgroup v1.");
        _clusterDns = flags.List("cluster-dns", [], "The addresses of the cluster's DNS servers.");
        _clusterDomain = flags.String("cluster-domain", "", "The domain of the cluster.");
        _maxPods = flags.Int("max-pods", 110, "How many pods can run here.");
        _resolvConf = flags.String("resolv-conf", "/etc/resolv.conf", "The host's resolver configuration, for pods with dnsPolicy Default.");
        _providerId = flags.String("provider-id", "", "The id of the machine at its cloud provider.");
        _sandboxImage = flags.String("pod-infra-container-image", DockerOptions.DefaultSandboxImage, "With Docker Engine: the image of the pause containers.");
        _cniConfig = flags.String("cni-conf-dir", "/etc/cni/net.d", "With Docker Engine: the folder of CNI configs; without one there, pods are on a Docker bridge network.");
        _cniPlugins = flags.List("cni-bin-dir", ["/opt/cni/bin", "/usr/lib/cni"], "With Docker Engine: the folders of CNI plugins.");
        _cniCache = flags.String("cni-cache-dir", "/var/lib/cni/cache", "With Docker Engine: the folder that remembers what CNI plugins have set up.");
        _credentialProviders = flags.String("image-credential-provider-config", "", "The config file, or folder of files, of the plugins that know logins of registries: kind CredentialProviderConfig of kubelet.config.k8s.io/v1.");
        _credentialProgramFolder = flags.String("image-credential-provider-bin-dir", "", "The folder of the plugins that know logins of registries.");
        _featureGates = flags.BoolMap("feature-gates", "What is on and off that is not by default, such as CPUManagerPolicyAlphaOptions=true.");
        _cpuPolicy = flags.String("cpu-manager-policy", "none", "Whether containers can have CPUs for themselves: \"none\" or \"static\".");
        _memoryPolicy = flags.String("memory-manager-policy", "None", "Whether containers have memory of certain NUMA nodes: \"None\" or \"Static\".");
        _topologyPolicy = flags.String("topology-manager-policy", "none", "How near a container's resources have to be to each other: \"none\", \"best-effort\", \"restricted\" or \"single-numa-node\".");
        _topologyScope = flags.String("topology-manager-scope", "container", "Whose resources have to be near: those of each \"container\", or of the \"pod\" as a whole.");
        _reservedCpus = flags.String("reserved-cpus", "", "The CPUs that are for the system and the kubelet, such as 0,2-3.");
        flags.Ignored("cloud-provider", "cloud-config", "seccomp-default", "runtime-cgroups", "kubelet-cgroups", "system-cgroups", "lock-file", "node-status-max-images", "volume-plugin-dir", "oom-score-adj");
        flags.IgnoredBool("exit-on-lock-contention", "address-families");
    }

    /// <exception cref="ConfigException">With everything that is wrong.</exception>
    public KubeletSettings Load(StartupWarnings warnings)
    {
        var document = ConfigReader.ReadWithDropIns<KubeletConfiguration>(_config.Value, _configDir.Value, KubeletConfiguration.Kind);
        warnings.NotActedOn($"fields of {_config.Value}", document.NotActedOn);
        var config = document.Value;
        config.ContainerRuntimeEndpoint = _runtimeEndpoint.Over(config.ContainerRuntimeEndpoint);
        config.RotateCertificates = _rotateCertificates.Over(config.RotateCertificates);
        config.ServerTlsBootstrap = _rotateServerCertificates.Over(config.ServerTlsBootstrap);
        config.RegisterNode = _registerNode.Over(config.RegisterNode);
        config.StaticPodPath = _manifests.Over(config.StaticPodPath);
        config.StaticPodUrl = _manifestUrl.Over(config.StaticPodUrl);
        config.CgroupDriver = _cgroupDriver.Over(config.CgroupDriver);
        config.CgroupRoot = _cgroupRoot.Over(config.CgroupRoot);
        config.CgroupsPerQos = _cgroupsPerQos.Over(config.CgroupsPerQos);
        config.FailSwapOn = _failSwapOn.Over(config.FailSwapOn);
        config.FailCgroupV1 = _failCgroupV1.Over(config.FailCgroupV1);
        config.ClusterDns = [.. _clusterDns.Over(config.ClusterDns)];
        config.ClusterDomain = _clusterDomain.Over(config.ClusterDomain);
        config.MaxPods = _maxPods.Over(config.MaxPods);
        config.ResolvConf = _resolvConf.Over(config.ResolvConf);
        config.ProviderId = _providerId.Over(config.ProviderId);
        config.CpuManagerPolicy = _cpuPolicy.Over(config.CpuManagerPolicy);
        config.MemoryManagerPolicy = _memoryPolicy.Over(config.MemoryManagerPolicy);
        config.TopologyManagerPolicy = _topologyPolicy.Over(config.TopologyManagerPolicy);
        config.TopologyManagerScope = _topologyScope.Over(config.TopologyManagerScope);
        config.ReservedSystemCpus = _reservedCpus.Over(config.ReservedSystemCpus);
        CpuSettings.Overwrite(config);
        foreach (var (gate, value) in _featureGates.Value)
        {
            config.FeatureGates[gate] = value;
        }

        warnings.NotActedOn("feature gates", FeatureGates.Unknown(config.FeatureGates));
        List<string> errors = [];
        if (_taints.IsSet)
        {
            config.RegisterWithTaints = [.. _taints.Value.Select(t => ParseTaint(t, errors))];
        }

        var (providers, providersHash) = ReadCredentialProviders(errors);
        var name = _hostname.Value.Length > 0 ? _hostname.Value : System.Net.Dns.GetHostName();
        var settings = new KubeletSettings(
            config,
            _standalone.Value ? "" : _kubeconfig.Value,
            name.Trim().ToLowerInvariant(),
            _nodeIP.Value.Split(',')[0],
            _labels.Value,
            _root.Value,
            _certDir.Value,
            IsDocker(config.ContainerRuntimeEndpoint) ? new DockerSettings(_sandboxImage.Value, _cniConfig.Value, _cniPlugins.Value, _cniCache.Value) : null)
        {
            BootstrapKubeconfig = _standalone.Value ? "" : _bootstrapKubeconfig.Value,
            CredentialProviders = [.. providers.Select(p => (Path.Combine(_credentialProgramFolder.Value, p.Name), p))],
            CredentialProvidersHash = providersHash,
        };
        KubeletSettingsCheck.Check(settings, errors);
        return errors.Count == 0 ? settings : throw new ConfigException("the kubelet cannot run with this configuration", errors);
    }

    private (IReadOnlyList<CredentialProvider> Providers, string Hash) ReadCredentialProviders(List<string> errors)
    {
        var (files, programs) = (_credentialProviders.Value, _credentialProgramFolder.Value);
        if (files.Length == 0 && programs.Length == 0)
        {
            return ([], "");
        }

        if (files.Length == 0 || !Directory.Exists(programs))
        {
            errors.Add(files.Length == 0
                ? "--image-credential-provider-bin-dir: needs --image-credential-provider-config too"
                : $"--image-credential-provider-bin-dir: there is no folder \"{programs}\" with the plugins that {files} names");
            return ([], "");
        }

        try
        {
            return CredentialProviderFiles.Read(files, programs);
        }
        catch (ConfigException e)
        {
            errors.AddRange(e.Errors.Select(error => "--image-credential-provider-config: " + error));
            return ([], "");
        }
    }

    private bool IsDocker(string endpoint) =>
        _runtime.Value == "docker" || (_runtime.Value.Length == 0 && (endpoint.StartsWith(DockerScheme, StringComparison.Ordinal) || endpoint.EndsWith("/docker.sock", StringComparison.Ordinal)));

    private static string ParseRuntime(string text) => text is "" or "cri" or "docker" ? text : throw new FormatException("cri or docker is expected");

    private static KubeletTaint ParseTaint(string text, List<string> errors)
    {
        var colon = text.LastIndexOf(':');
        var (pair, effect) = colon < 0 ? (text, "") : (text[..colon], text[(colon + 1)..]);
        if (!Effects.Contains(effect))
        {
            errors.Add($"--register-with-taints: \"{text}\" must be key=value:effect with one of the effects {string.Join(", ", Effects)}");
        }

        var parts = pair.Split('=', 2);
        return new KubeletTaint { Key = parts[0], Value = parts.Length > 1 ? parts[1] : "", Effect = effect };
    }
}
