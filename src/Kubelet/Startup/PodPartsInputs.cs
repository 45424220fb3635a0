using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Probes;
using NodeAgent.Kubelet.Resources;
using NodeAgent.Kubelet.Users;
using NodeAgent.Kubelet.Volumes.Csi;

namespace NodeAgent.Kubelet.Startup;

/// <summary>What the parts that run pods are made from.</summary>
internal sealed record PodPartsInputs(
    EngineConnection Engine,
    IKubeClient? Client,
    IReferencedObjects Objects,
    IEventRecorder Events,
    PodHost Host,
    IPodCgroups Cgroups,
    UserNamespaces Users,
    OwnNode? Node,
    KubeletSettings Settings,
    IReadOnlyList<Func<Pod, Verdict?>> Gates,
    MetricsRegistry Metrics,
    CsiDrivers Csi,
    IProbeObserver Probes,
    ResourceParts Resources);
