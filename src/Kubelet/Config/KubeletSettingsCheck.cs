using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Images.Verification;
using NodeAgent.Kubelet.NumaMemory;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Topology;
using NodeAgent.Kubelet.Users;

namespace NodeAgent.Kubelet.Config;

/// <summary>Finds what cannot work before anything is started.</summary>
internal static class KubeletSettingsCheck
{
    public static void Check(KubeletSettings settings, List<string> errors)
    {
        var config = settings.Config;
        Require(config.CgroupDriver is "cgroupfs" or "systemd", $"cgroupDriver: \"{config.CgroupDriver}\" is neither \"cgroupfs\" nor \"systemd\"");
        Require(config.Authorization.Mode is "AlwaysAllow" or "Webhook", $"authorization.mode: \"{config.Authorization.Mode}\" is neither \"AlwaysAllow\" nor \"Webhook\"");
        Require(config.MaxPods >= 0, $"maxPods: {config.MaxPods} must not be negative");
        Require(config.Port is > 0 and < 65536, $"port: {config.Port} is no port");
        Require(config.HealthzPort is >= 0 and < 65536, $"healthzPort: {config.HealthzPort} is no port");
        Require(config.NodeLeaseDurationSeconds > 0, $"nodeLeaseDurationSeconds: {config.NodeLeaseDurationSeconds} must be greater than 0");
        Require(config.KubeApiQps >= 0 && config.KubeApiBurst >= 0, "kubeAPIQPS, kubeAPIBurst: must not be negative");
        Require(config.RegistryPullQps >= 0 && config.RegistryBurst >= 0, "registryPullQPS, registryBurst: must not be negative");
        Require(config.EventRecordQps >= 0 && config.EventBurst >= 0, "eventRecordQPS, eventBurst: must not be negative");
        Require(config.ContainerRuntimeEndpoint.Length > 0, "containerRuntimeEndpoint: the runtime's socket must be given");
        Require(System.Net.IPAddress.TryParse(config.Address, out _), $"address: \"{config.Address}\" is no IP address");
        Require(settings.NodeIP.Length == 0 || System.Net.IPAddress.TryParse(settings.NodeIP, out _), $"--node-ip: \"{settings.NodeIP}\" is no IP address");
        Require((config.TlsCertFile.Length > 0) == (config.TlsPrivateKeyFile.Length > 0), "tlsCertFile, tlsPrivateKeyFile: both or none must be given");
        Require(config.ContainerLogMaxFiles > 1, $"containerLogMaxFiles: {config.ContainerLogMaxFiles} must be greater than 1");
        Require(config.ContainerLogMonitorInterval >= TimeSpan.FromSeconds(3), $"containerLogMonitorInterval: {config.ContainerLogMonitorInterval} must not be shorter than 3s");
        Require(config.ImageGcHighThresholdPercent is >= 0 and <= 100, $"imageGCHighThresholdPercent: {config.ImageGcHighThresholdPercent} is not between 0 and 100");
        Require(config.ImageGcLowThresholdPercent is >= 0 and <= 100, $"imageGCLowThresholdPercent: {config.ImageGcLowThresholdPercent} is not between 0 and 100");
        Require(config.ImageGcLowThresholdPercent < config.ImageGcHighThresholdPercent, $"imageGCLowThresholdPercent: {config.ImageGcLowThresholdPercent} must be less than imageGCHighThresholdPercent, which is {config.ImageGcHighThresholdPercent}");
        Require(config.ImageMaximumGcAge == TimeSpan.Zero || config.ImageMaximumGcAge > config.ImageMinimumGcAge, "imageMaximumGCAge: must be greater than imageMinimumGCAge");
        Require(config.CrashLoopBackOff.MaxContainerRestartPeriod is var most && most >= TimeSpan.FromSeconds(1) && most <= TimeSpan.FromSeconds(300), "crashLoopBackOff.maxContainerRestartPeriod: must be between 1s and 300s");
        Require(config.ShutdownGracePeriod >= config.ShutdownGracePeriodCriticalPods, "shutdownGracePeriodCriticalPods: must not be longer than shutdownGracePeriod");
        errors.AddRange(VerificationPolicy.Check(config.ImagePullCredentialsVerificationPolicy, config.PreloadedImagesVerificationAllowlist));
        errors.AddRange(config.AllowedUnsafeSysctls.Select(Sysctls.Check).OfType<string>().Select(e => "allowedUnsafeSysctls: " + e));
        _ = EvictionThresholds.Parse(config, errors);
        Require(config.MemorySwap.SwapBehavior is "" or "NoSwap" or "LimitedSwap", $"memorySwap.swapBehavior: \"{config.MemorySwap.SwapBehavior}\" is neither NoSwap nor LimitedSwap");
        Require(config.MemoryThrottlingFactor is > 0 and <= 1, $"memoryThrottlingFactor: {config.MemoryThrottlingFactor} is not above 0 and at most 1");
        Require(PodIds.CanBePerPod(config.UserNamespaces.IdsPerPod), $"userNamespaces.idsPerPod: {config.UserNamespaces.IdsPerPod} is no multiple of {PodIds.Unit} below 2^32");
        _ = TopologySettings.Parse(config, errors);
        _ = CpuSettings.Parse(config, errors);
        MemorySettings.Check(config, errors);
        foreach (var server in config.ClusterDns)
        {
            Require(System.Net.IPAddress.TryParse(server, out _), $"clusterDNS: \"{server}\" is no IP address");
        }

        Require(settings.BootstrapKubeconfig.Length == 0 || settings.Kubeconfig.Length > 0, "--bootstrap-kubeconfig: needs --kubeconfig too, the file that is written when the node has its certificate");
        if (settings.Kubeconfig.Length > 0 && !File.Exists(settings.Kubeconfig) && !File.Exists(settings.BootstrapKubeconfig))
        {
            errors.Add($"--kubeconfig: {settings.Kubeconfig}: no such file" + (settings.BootstrapKubeconfig.Length > 0 ? $", nor is there {settings.BootstrapKubeconfig} to get one with (--bootstrap-kubeconfig)" : ""));
        }

        Require(!config.FailSwapOn || !HasSwap(), "failSwapOn: the host has swap; turn it off, or set failSwapOn to false");
        Require(!config.FailCgroupV1 || CgroupSettings.HostIsUnified(), "failCgroupV1: the host has cgroup v1; boot it with cgroup v2, or set failCgroupV1 to false");

        void Require(bool holds, string error)
        {
            if (!holds)
            {
                errors.Add(error);
            }
        }
    }

    /// <summary>Beside its heading /proc/swaps has a line for each swap device or file.</summary>
    private static bool HasSwap() => File.Exists("/proc/swaps") && File.ReadLines("/proc/swaps").Skip(1).Any(l => l.Trim().Length > 0 && !l.StartsWith("/dev/zram", StringComparison.Ordinal));
}
