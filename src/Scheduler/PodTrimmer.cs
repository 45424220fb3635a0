using NodeAgent.KubeApi.Core.V1;

namespace NodeAgent.Scheduler;

/// <summary>
/// Drops what the scheduler's own plugins never read of a pod, and keeps once what pods have in common, before they are kept by the
/// hundred thousand. Nearly all come from a template, and differ in little but their names.
/// </summary>
/// <remarks>Not thread-safe: an informer calls it for one object at a time. What is shared must not be changed, as nothing of an informer's.</remarks>
internal sealed class PodTrimmer
{
    private const int MostTemplates = 4_096;
    private const int MostStrings = 10_000;

    private readonly Pool<string> _strings = new(MostStrings);
    private readonly Pool<Container> _containers = new(MostTemplates);
    private readonly Pool<ContainerStatus> _statuses = new(MostTemplates);
    private readonly Pool<Affinity> _affinities = new(MostTemplates);
    private readonly Pool<Toleration> _tolerations = new(MostTemplates);
    private readonly Pool<TopologySpreadConstraint> _constraints = new(MostTemplates);

    public void Trim(Pod pod)
    {
        if (pod.Metadata is { } metadata)
        {
            metadata.Annotations.Clear();
            metadata.Finalizers.Clear();
            metadata.OwnerReferences.Clear();
            metadata.ClearGenerateName();
            metadata.Namespace = _strings.Get(metadata.Namespace);
        }

        if (pod.Spec is { } spec)
        {
            Trim(spec);
        }

        if (pod.Status is { } status)
        {
            Trim(status);
        }
    }

    private void Trim(PodSpec spec)
    {
        spec.ImagePullSecrets.Clear();
        spec.HostAliases.Clear();
        spec.EphemeralContainers.Clear();
        spec.SecurityContext = null;
        spec.DnsConfig = null;
        for (var i = spec.Volumes.Count - 1; i >= 0; i--)
        {
            if (IsOnAnyNode(spec.Volumes[i].VolumeSource))
            {
                spec.Volumes.RemoveAt(i);
            }
        }

        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            Trim(container);
        }

        _containers.Share(spec.InitContainers);
        _containers.Share(spec.Containers);
        _tolerations.Share(spec.Tolerations);
        _constraints.Share(spec.TopologySpreadConstraints);
        if (spec.Affinity is { } affinity)
        {
            spec.Affinity = _affinities.Get(affinity);
        }

        spec.SchedulerName = _strings.Get(spec.SchedulerName);
        spec.ServiceAccountName = _strings.Get(spec.ServiceAccountName);
        spec.NodeName = _strings.Get(spec.NodeName);
        spec.ClearDnsPolicy();
    }

    private void Trim(PodStatus status)
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

        _statuses.Share(status.InitContainerStatuses);
        _statuses.Share(status.ContainerStatuses);
    }

    /// <summary>No plugin asks for volumes that need nothing of a node, such as the token that almost every pod mounts.</summary>
    private static bool IsOnAnyNode(VolumeSource? source) =>
        source is { Projected: not null } or { ConfigMap: not null } or { Secret: not null } or { DownwardAPI: not null } or { EmptyDir: not null } or { HostPath: not null };

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
