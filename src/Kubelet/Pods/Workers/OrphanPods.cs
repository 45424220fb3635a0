using NodeAgent.KubeApi.Manifests;
using NodeAgent.Kubelet.Containers;

namespace NodeAgent.Kubelet.Pods.Workers;

/// <summary>Pods that only the runtime remembers, put together again from labels and annotations: enough to end them as they asked.</summary>
internal static class OrphanPods
{
    private const long DefaultGrace = 30;

    public static Pod Reconstruct(Cri.PodSandbox sandbox, IEnumerable<Cri.Container> containers)
    {
        var pod = new Pod
        {
            Metadata = new KubeApi.Meta.V1.ObjectMeta { Name = sandbox.Metadata.Name, Namespace = sandbox.Metadata.Namespace, Uid = sandbox.Metadata.Uid },
            Spec = new PodSpec { TerminationGracePeriodSeconds = DefaultGrace },
            Status = new PodStatus(),
        };
        foreach (var container in containers.DistinctBy(c => c.Metadata.Name))
        {
            if (RuntimeLabels.ReadTerminationGracePeriod(container.Annotations) is { } grace)
            {
                pod.Spec.TerminationGracePeriodSeconds = (long)grace.TotalSeconds;
            }

            var spec = new Container { Name = container.Metadata.Name };
            if (container.Annotations.TryGetValue(RuntimeLabels.PreStopHandler, out var json))
            {
                spec.Lifecycle = new Lifecycle { PreStop = ReadHook(json, container.Id) };
            }

            pod.Spec.Containers.Add(spec);
        }

        return pod;
    }

    private static LifecycleHandler? ReadHook(string json, string containerId)
    {
        try
        {
            return ManifestReader.ReadMessage<LifecycleHandler>(json, $"annotation {RuntimeLabels.PreStopHandler} of container {containerId}");
        }
        catch (FormatException)
        {
            // Written by something else than a kubelet: the container is ended without a hook.
            return null;
        }
    }
}
