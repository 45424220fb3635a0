using NodeAgent.DevCluster.ControlPlane;
using NodeAgent.DevCluster.Network;
using NodeAgent.DevCluster.Processes;

namespace NodeAgent.DevCluster.Node;

/// <summary>Starts the three daemons with config files as a user would write them.</summary>
public sealed class NodeDaemons(NodeOptions options, LocalControlPlane? plane)
{
    public const string KubeletName = "kubelet";
    public const string SchedulerName = "kube-scheduler";
    public const string ProxyName = "kube-proxy";

    private static readonly string ProxyBinding = """
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata:
          name: nodeagent:node-proxier
        roleRef:
          apiGroup: rbac.authorization.k8s.io
          kind: ClusterRole
          name: system:node-proxier
        subjects:
        - apiGroup: rbac.authorization.k8s.io
          kind: User
          name: system:kube-proxy
        """;

    public NodeOptions Options { get; } = options;

    /// <summary>Starts the kubelet; without a control plane it runs the pods of the manifest folder only.</summary>
    public Task<ManagedProcess> StartKubeletAsync()
    {
        Directory.CreateDirectory(Options.ManifestFolder);
        Directory.CreateDirectory(Options.PodLogsFolder);
        var config = Path.Combine(Options.Folder, "kubelet.yaml");
        File.WriteAllText(config, KubeletConfiguration());
        List<string> command =
        [
            Options.Binaries.Kubelet,
            $"--config={config}",
            $"--root-dir={Options.KubeletRoot}",
            $"--cert-dir={Path.Combine(Options.KubeletRoot, "pki")}",
            $"--hostname-override={Options.Name}",
            $"--node-ip={Options.Address}",
            "--v=2",
            .. Options.KubeletFlags,
        ];
        if (plane is not null)
        {
            command.Add($"--kubeconfig={plane.KubeconfigFor("kubelet-" + Options.Name, "system:node:" + Options.Name, "system:nodes")}");
        }

        return StartAsync(KubeletName, command);
    }

    public Task<ManagedProcess> StartSchedulerAsync()
    {
        var kubeconfig = Plane().KubeconfigFor("scheduler", "system:kube-scheduler");
        return StartAsync(SchedulerName,
        [
            Options.Binaries.Scheduler,
            $"--kubeconfig={kubeconfig}",
            $"--authentication-kubeconfig={kubeconfig}",
            $"--authorization-kubeconfig={kubeconfig}",
            "--bind-address=127.0.0.1",
            $"--secure-port={Ports.Free()}",
            "--leader-elect=false",
            "--v=2",
        ]);
    }

    public async Task<ManagedProcess> StartProxyAsync()
    {
        await Plane().ApplyAsync(ProxyBinding);
        var config = Path.Combine(Options.Folder, "kube-proxy.yaml");
        await File.WriteAllTextAsync(config, ProxyConfiguration());
        return await StartAsync(ProxyName, [Options.Binaries.Proxy, $"--config={config}", "--v=2"]);
    }

    public Task StopAsync(string name) => ManagedProcess.Find(name, Options.Folder)?.StopAsync() ?? Task.CompletedTask;

    private LocalControlPlane Plane() => plane ?? throw new InvalidOperationException("this daemon needs a control plane");

    private Task<ManagedProcess> StartAsync(string name, IReadOnlyList<string> command) =>
        ManagedProcess.StartAsync(name, Options.Folder, command, NetworkNamespace.EnterPrefix(Options.Namespace));

    // The images here cannot be pulled again, and a developer's disk may be nearly full.
    private string DiskSettings => Options.KubeletConfig.Contains("evictionHard", StringComparison.Ordinal) ? "" : """
        imageGCHighThresholdPercent: 100
        evictionHard: {memory.available: 100Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0%}
        """;

    private string KubeletConfiguration() => $"""
        apiVersion: kubelet.config.k8s.io/v1beta1
        kind: KubeletConfiguration
        address: 0.0.0.0
        port: {Options.KubeletPort}
        healthzPort: {Options.KubeletHealthPort}
        authentication:
          anonymous:
            enabled: false
          webhook:
            enabled: {(plane is null ? "false" : "true")}
          x509:
            clientCAFile: {plane?.Pki.CaFile ?? "\"\""}
        authorization:
          mode: {(plane is null ? "AlwaysAllow" : "Webhook")}
        cgroupDriver: cgroupfs
        {(Options.CgroupRoot is null ? "" : $"cgroupRoot: {Options.CgroupRoot}")}
        clusterDNS: [{Options.ClusterDns}]
        clusterDomain: cluster.local
        containerRuntimeEndpoint: {Options.RuntimeEndpoint}
        failCgroupV1: false
        failSwapOn: false
        maxPods: {Options.MaxPods}
        podLogsDir: {Options.PodLogsFolder}
        staticPodPath: {Options.ManifestFolder}
        {DiskSettings}
        {Options.KubeletConfig}
        """;

    private string ProxyConfiguration() => $"""
        apiVersion: kubeproxy.config.k8s.io/v1alpha1
        kind: KubeProxyConfiguration
        mode: iptables
        clientConnection:
          kubeconfig: {Plane().KubeconfigFor("proxy", "system:kube-proxy")}
        clusterCIDR: {Options.PodCidr}
        hostnameOverride: {Options.Name}
        healthzBindAddress: 0.0.0.0:{Ports.Free()}
        metricsBindAddress: 127.0.0.1:{Ports.Free()}

        """;
}
