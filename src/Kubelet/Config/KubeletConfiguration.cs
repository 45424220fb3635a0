using NodeAgent.Hosting.Config;
using NodeAgent.Kubelet.Images.Verification;

namespace NodeAgent.Kubelet.Config;

/// <summary>KubeletConfiguration (kubelet.config.k8s.io/v1beta1) with upstream's defaults.</summary>
[NotActedOn(
    "tlsCurvePreferences",
    "enableContentionProfiling", "oomScoreAdj",
    "kubeletCgroups", "systemCgroups", "singleProcessOOMKill",
    "qosReserved", "hairpinMode", "runOnce",
    "maxOpenFiles", "contentType",
    "enableControllerAttachDetach", "protectKernelDefaults",
    "containerLogMaxWorkers", "configMapAndSecretChangeDetectionStrategy", "showHiddenMetricsForVersion",
    "volumePluginDir", "kernelMemcgNotification",
    "enableProfilingHandler",
    "memoryReservationPolicy", "tracing", "localStorageCapacityIsolation",
    "syncFrequency", "fileCheckFrequency", "readOnlyPort", "tlsCipherSuites", "tlsMinVersion", "podsPerCore", "podCIDR",
    "iptablesMasqueradeBit", "iptablesDropBit", "imageServiceEndpoint")]
internal sealed class KubeletConfiguration
{
    public static readonly ConfigKind Kind = new("kubelet.config.k8s.io/v1beta1", "KubeletConfiguration");

    public bool EnableServer { get; set; } = true;

    public string StaticPodPath { get; set; } = "";

    [ConfigField("staticPodURL")]
    public string StaticPodUrl { get; set; } = "";

    [ConfigField("staticPodURLHeader")]
    public Dictionary<string, List<string>> StaticPodUrlHeader { get; set; } = [];

    [ZeroIsDefault]
    public TimeSpan HttpCheckFrequency { get; set; } = TimeSpan.FromSeconds(20);

    [ZeroIsDefault]
    public string PodLogsDir { get; set; } = "/var/log/pods";

    [ZeroIsDefault]
    public string Address { get; set; } = "0.0.0.0";

    [ZeroIsDefault]
    public int Port { get; set; } = 10250;

    public string TlsCertFile { get; set; } = "";

    public bool RotateCertificates { get; set; }

    [ConfigField("serverTLSBootstrap")]
    public bool ServerTlsBootstrap { get; set; }

    public string TlsPrivateKeyFile { get; set; } = "";

    public KubeletAuthentication Authentication { get; set; } = new();

    public KubeletAuthorization Authorization { get; set; } = new();

    [ConfigField("registryPullQPS")]
    public int RegistryPullQps { get; set; } = 5;

    [ZeroIsDefault]
    public int RegistryBurst { get; set; } = 10;

    [ConfigField("eventRecordQPS")]
    public int EventRecordQps { get; set; } = 50;

    [ZeroIsDefault]
    public int EventBurst { get; set; } = 100;

    public bool EnableDebuggingHandlers { get; set; } = true;

    public bool EnableSystemLogHandler { get; set; } = true;

    public bool EnableSystemLogQuery { get; set; }

    public bool EnableDebugFlagsHandler { get; set; } = true;

    public int HealthzPort { get; set; } = 10248;

    [ZeroIsDefault]
    public string HealthzBindAddress { get; set; } = "127.0.0.1";

    public string ClusterDomain { get; set; } = "";

    [ConfigField("clusterDNS")]
    public List<string> ClusterDns { get; set; } = [];

    [ZeroIsDefault]
    public TimeSpan StreamingConnectionIdleTimeout { get; set; } = TimeSpan.FromHours(4);

    [ZeroIsDefault]
    public TimeSpan VolumeStatsAggPeriod { get; set; } = TimeSpan.FromMinutes(1);

    [ZeroIsDefault]
    public TimeSpan NodeStatusUpdateFrequency { get; set; } = TimeSpan.FromSeconds(10);

    [ZeroIsDefault]
    public TimeSpan NodeStatusReportFrequency { get; set; } = TimeSpan.FromMinutes(5);

    [ZeroIsDefault]
    public int NodeLeaseDurationSeconds { get; set; } = 40;

    public string CgroupRoot { get; set; } = "";

    [ConfigField("cgroupsPerQOS")]
    public bool CgroupsPerQos { get; set; } = true;

    [ZeroIsDefault]
    public string CgroupDriver { get; set; } = "cgroupfs";

    [ZeroIsDefault]
    public TimeSpan RuntimeRequestTimeout { get; set; } = TimeSpan.FromMinutes(2);

    [ZeroIsDefault]
    public int MaxPods { get; set; } = 110;

    public string ResolvConf { get; set; } = "/etc/resolv.conf";

    [ConfigField("cpuCFSQuota")]
    public bool CpuCfsQuota { get; set; } = true;

    [ConfigField("cpuCFSQuotaPeriod")]
    public TimeSpan CpuCfsQuotaPeriod { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>none or static.</summary>
    [ZeroIsDefault]
    public string CpuManagerPolicy { get; set; } = "none";

    public Dictionary<string, string> CpuManagerPolicyOptions { get; set; } = [];

    [ZeroIsDefault]
    public TimeSpan CpuManagerReconcilePeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>none, best-effort, restricted or single-numa-node.</summary>
    [ZeroIsDefault]
    public string TopologyManagerPolicy { get; set; } = "none";

    /// <summary>container or pod.</summary>
    [ZeroIsDefault]
    public string TopologyManagerScope { get; set; } = "container";

    public Dictionary<string, string> TopologyManagerPolicyOptions { get; set; } = [];

    /// <summary>Such as <c>0,2-3</c>; empty to reserve by number, in systemReserved and kubeReserved.</summary>
    [ConfigField("reservedSystemCPUs")]
    public string ReservedSystemCpus { get; set; } = "";

    /// <summary>None or Static.</summary>
    [ZeroIsDefault]
    public string MemoryManagerPolicy { get; set; } = "None";

    public List<KubeletMemoryReservation> ReservedMemory { get; set; } = [];

    public KubeletMemorySwap MemorySwap { get; set; } = new();

    /// <summary>How far between its request and its limit a container is slowed down, with the gate MemoryQoS; above 0, at most 1.</summary>
    public double MemoryThrottlingFactor { get; set; } = 0.9;

    public Dictionary<string, bool> FeatureGates { get; set; } = [];

    public int NodeStatusMaxImages { get; set; } = 50;

    [ConfigField("kubeAPIQPS")]
    public int KubeApiQps { get; set; } = 50;

    [ZeroIsDefault]
    [ConfigField("kubeAPIBurst")]
    public int KubeApiBurst { get; set; } = 100;

    public bool? SerializeImagePulls { get; set; }

    public int? MaxParallelImagePulls { get; set; }

    public string ImagePullCredentialsVerificationPolicy { get; set; } = VerificationPolicy.NotPreloaded;

    public List<string> PreloadedImagesVerificationAllowlist { get; set; } = [];

    [ConfigField("makeIPTablesUtilChains")]
    public bool MakeIptablesUtilChains { get; set; } = true;

    public bool FailSwapOn { get; set; } = true;

    public bool FailCgroupV1 { get; set; } = true;

    public Dictionary<string, ConfigQuantity> SystemReserved { get; set; } = [];

    public Dictionary<string, ConfigQuantity> KubeReserved { get; set; } = [];

    public Dictionary<string, string> EvictionHard { get; set; } = [];

    public Dictionary<string, string> EvictionSoft { get; set; } = [];

    public Dictionary<string, TimeSpan> EvictionSoftGracePeriod { get; set; } = [];

    public Dictionary<string, string> EvictionMinimumReclaim { get; set; } = [];

    [ZeroIsDefault]
    public TimeSpan EvictionPressureTransitionPeriod { get; set; } = TimeSpan.FromMinutes(5);

    public int EvictionMaxPodGracePeriod { get; set; }

    public bool MergeDefaultEvictionSettings { get; set; }

    public KubeletUserNamespaces UserNamespaces { get; set; } = new();

    public KubeletCrashLoopBackOff CrashLoopBackOff { get; set; } = new();

    [ZeroIsDefault]
    public ConfigQuantity ContainerLogMaxSize { get; set; } = new("10Mi");

    public int ContainerLogMaxFiles { get; set; } = 5;

    public TimeSpan ContainerLogMonitorInterval { get; set; } = TimeSpan.FromSeconds(10);

    [ZeroIsDefault]
    [ConfigField("imageMinimumGCAge")]
    public TimeSpan ImageMinimumGcAge { get; set; } = TimeSpan.FromMinutes(2);

    [ConfigField("imageMaximumGCAge")]
    public TimeSpan ImageMaximumGcAge { get; set; }

    [ConfigField("imageGCHighThresholdPercent")]
    public int ImageGcHighThresholdPercent { get; set; } = 85;

    [ConfigField("imageGCLowThresholdPercent")]
    public int ImageGcLowThresholdPercent { get; set; } = 80;

    public TimeSpan ShutdownGracePeriod { get; set; }

    public TimeSpan ShutdownGracePeriodCriticalPods { get; set; }

    public List<KubeletShutdownGracePeriod> ShutdownGracePeriodByPodPriority { get; set; } = [];

    public bool SeccompDefault { get; set; }

    public long PodPidsLimit { get; set; } = -1;

    public List<string> AllowedUnsafeSysctls { get; set; } = [];

    public List<string> EnforceNodeAllocatable { get; set; } = ["pods"];

    public string SystemReservedCgroup { get; set; } = "";

    public string KubeReservedCgroup { get; set; } = "";

    public List<KubeletTaint> RegisterWithTaints { get; set; } = [];

    public bool RegisterNode { get; set; } = true;

    [ZeroIsDefault]
    public string ContainerRuntimeEndpoint { get; set; } = "unix:///run/containerd/containerd.sock";

    [ConfigField("providerID")]
    public string ProviderId { get; set; } = "";

    public KubeletLogging Logging { get; set; } = new();
}
