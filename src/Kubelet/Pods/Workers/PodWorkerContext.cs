using Microsoft.Extensions.Logging;
using NodeAgent.KubeApi.Client;
using NodeAgent.KubeApi.Events;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Metrics;
using NodeAgent.Kubelet.Node;
using NodeAgent.Kubelet.Pods.Planning;
using NodeAgent.Kubelet.Pods.Statuses;
using NodeAgent.Kubelet.Probes;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>What all workers share.</summary>
/// <param name="Client">Null on a node without an API server.</param>
internal sealed record PodWorkerContext(
    PodRuntime Runtime,
    PodPlanner Planner,
    StatusWriter Statuses,
    Prober Prober,
    ProbePacing ProbePacing,
    IEventRecorder Events,
    NodeFacts Node,
    IKubeClient? Client,
    PodMetrics Metrics,
    DeviceHealth Devices,
    TimeProvider Time,
    ILogger Logger);
