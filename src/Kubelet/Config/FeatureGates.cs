namespace NodeAgent.Kubelet.Config;

/// <summary>The feature gates that the kubelet acts on, with v1.36's defaults.</summary>
internal static class FeatureGates
{
    public const string CpuAlphaOptions = "CPUManagerPolicyAlphaOptions";
    public const string CpuBetaOptions = "CPUManagerPolicyBetaOptions";
    public const string NoQuotaOnExclusiveCpus = "DisableCPUQuotaWithExclusiveCPUs";
    public const string ResourceHealth = "ResourceHealthStatus";
    public const string MemoryQos = "MemoryQoS";
    public const string UserNamespacesOnHostNetwork = "UserNamespacesHostNetworkSupport";

    private static readonly Dictionary<string, bool> Defaults = new()
    {
        [CpuAlphaOptions] = false,
        [CpuBetaOptions] = true,
        [NoQuotaOnExclusiveCpus] = true,
        [ResourceHealth] = true,
        [MemoryQos] = false,
        [UserNamespacesOnHostNetwork] = false,
    };

    public static bool IsOn(IReadOnlyDictionary<string, bool> switches, string gate) => switches.TryGetValue(gate, out var value) ? value : Defaults[gate];

    /// <summary>Names that switch nothing here.</summary>
    public static IEnumerable<string> Unknown(IReadOnlyDictionary<string, bool> switches) => switches.Keys.Where(k => !Defaults.ContainsKey(k));
}
