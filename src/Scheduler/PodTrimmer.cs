using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Scheduler;

/// <summary>Drops what the scheduler never reads of a pod, before it is kept by the hundred thousand.</summary>
internal static class PodTrimmer
{
    public static void Trim(Pod pod)
    {
        pod.Metadata?.Annotations.Clear();
        pod.Metadata?.Finalizers.Clear();
        if (pod.Spec is { } spec)
        {
            spec.ImagePullSecrets.Clear();
            spec.HostAliases.Clear();
            spec.EphemeralContainers.Clear();
            spec.SecurityContext = null;
            spec.DnsConfig = null;
            foreach (var container in spec.InitContainers.Concat(spec.Containers))
            {
                Trim(container);
            }
        }

        if (pod.Status is { } status)
        {
            status.HostIPs.Clear();
            status.PodIPs.Clear();
            status.EphemeralContainerStatuses.Clear();
            foreach (var container in status.InitContainerStatuses.Concat(status.ContainerStatuses))
            {
                container.State = null;
                container.LastState = null;
                container.ClearImageID();
                container.ClearContainerID();
                container.VolumeMounts.Clear();
                container.AllocatedResourcesStatus.Clear();
            }
        }
    }

    private static void Trim(Container container)
    {
        container.Command.Clear();
        container.Args.Clear();
        container.Env.Clear();
        container.EnvFrom.Clear();
        container.VolumeMounts.Clear();
        container.VolumeDevices.Clear();
        container.LivenessProbe = null;
        container.ReadinessProbe = null;
        container.StartupProbe = null;
        container.Lifecycle = null;
        container.SecurityContext = null;
        container.ClearTerminationMessagePath();
        container.ClearTerminationMessagePolicy();
    }
}
