using NodeAgent.Hosting.Config;
using NodeAgent.Hosting.Flags;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Startup;
using NodeAgent.Proxy.Config;
using NodeAgent.Scheduler.Config;

namespace NodeAgent.Reference;

/// <summary>The three daemons, from the very tables that they read their command lines and config files by.</summary>
internal static class DaemonReferences
{
    public static IReadOnlyList<DaemonReference> All { get; } =
    [
        Make<KubeletConfiguration>("kubelet", "kubelet-config", "/etc/kubernetes/kubelet-config.yaml", KubeletDaemon.Definition.Description, f => _ = new KubeletFlags(f), KubeletConfiguration.Kind),
        Make<KubeSchedulerConfiguration>("kube-scheduler", "kube-scheduler-config", "/etc/kubernetes/scheduler-config.yaml", "Finds a node for each pod of a Kubernetes cluster that has none.", f => _ = new SchedulerFlags(f), KubeSchedulerConfiguration.Kind),
        Make<KubeProxyConfiguration>("kube-proxy", "kube-proxy-config", "/etc/kubernetes/kube-proxy-config.yaml", "Makes the Services of a Kubernetes cluster reachable from this node, by rules of iptables.", f => _ = new ProxyFlags(f), KubeProxyConfiguration.Kind),
    ];

    private static DaemonReference Make<TConfig>(string name, string page, string file, string description, Action<FlagSet> declare, ConfigKind kind)
    {
        var flags = new FlagSet(name, description);
        _ = new CommonFlags(flags);
        declare(flags);
        return new DaemonReference(name, page, file, flags, kind, ConfigFields.Of(typeof(TConfig), Meanings.Read(name)));
    }
}
