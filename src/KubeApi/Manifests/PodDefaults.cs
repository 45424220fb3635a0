using Google.Protobuf.Collections;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.KubeApi.Objects;

namespace NodeAgent.KubeApi.Manifests;

/// <summary>Fills in what the API server would, for pods that never pass it.</summary>
public static class PodDefaults
{
    private const int VolumeFileMode = 420; // 0644
    private const string Ext4 = "ext4";

    /// <summary>Changes the pod; what is set already stays as it is.</summary>
    public static void Apply(Pod pod)
    {
        pod.Spec ??= new PodSpec();
        var spec = pod.Spec;
        ApplySpec(spec);
        foreach (var volume in spec.Volumes)
        {
            ApplyVolume(volume.VolumeSource ??= new VolumeSource());
        }

        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            ApplyContainer(container, spec);
        }

        ApplyPodResources(pod);
    }

    /// <summary>Always for images whose tag is <c>latest</c> or missing, IfNotPresent for all others.</summary>
    public static string PullPolicy(string image)
    {
        if (image.Contains('@', StringComparison.Ordinal) && Tag(image[..image.IndexOf('@', StringComparison.Ordinal)]) is null)
        {
            return "IfNotPresent";
        }

        var name = image.Split('@')[0];
        return Tag(name) is null or "latest" ? "Always" : "IfNotPresent";
    }

    private static string? Tag(string name)
    {
        var colon = name.LastIndexOf(':');
        return colon > name.LastIndexOf('/') ? name[(colon + 1)..] : null;
    }

    private static void ApplySpec(PodSpec spec)
    {
        spec.DnsPolicy = Or(spec.DnsPolicy, "ClusterFirst");
        spec.RestartPolicy = Or(spec.RestartPolicy, "Always");
        spec.SchedulerName = Or(spec.SchedulerName, "default-scheduler");
        spec.SecurityContext ??= new PodSecurityContext();
        if (!spec.HasTerminationGracePeriodSeconds)
        {
            spec.TerminationGracePeriodSeconds = 30;
        }

        if (!spec.HasEnableServiceLinks)
        {
            spec.EnableServiceLinks = true;
        }

        // Two names of one thing; old readers look at the second.
        if (spec.ServiceAccountName.Length > 0)
        {
            spec.ServiceAccount = spec.ServiceAccountName;
        }
        else if (spec.ServiceAccount.Length > 0)
        {
            spec.ServiceAccountName = spec.ServiceAccount;
        }
    }

    private static void ApplyContainer(Container container, PodSpec spec)
    {
        container.ImagePullPolicy = Or(container.ImagePullPolicy, PullPolicy(container.Image));
        container.TerminationMessagePath = Or(container.TerminationMessagePath, "/dev/termination-log");
        container.TerminationMessagePolicy = Or(container.TerminationMessagePolicy, "File");
        foreach (var port in container.Ports)
        {
            port.Protocol = Or(port.Protocol, "TCP");
            if (spec.HostNetwork && port.HostPort == 0)
            {
                port.HostPort = port.ContainerPort_;
            }
        }

        foreach (var variable in container.Env)
        {
            ApplyFieldRef(variable.ValueFrom?.FieldRef);
        }

        ApplyProbe(container.LivenessProbe);
        ApplyProbe(container.ReadinessProbe);
        ApplyProbe(container.StartupProbe);
        ApplyHttpGet(container.Lifecycle?.PostStart?.HttpGet);
        ApplyHttpGet(container.Lifecycle?.PreStop?.HttpGet);
        if (container.Resources is { } resources)
        {
            foreach (var (name, limit) in resources.Limits)
            {
                resources.Requests.TryAdd(name, limit);
            }

            RoundToMilli(resources.Limits);
            RoundToMilli(resources.Requests);
        }
    }

    private static void ApplyProbe(Probe? probe)
    {
        if (probe is null)
        {
            return;
        }

        probe.TimeoutSeconds = Or(probe.TimeoutSeconds, 1);
        probe.PeriodSeconds = Or(probe.PeriodSeconds, 10);
        probe.SuccessThreshold = Or(probe.SuccessThreshold, 1);
        probe.FailureThreshold = Or(probe.FailureThreshold, 3);
        ApplyHttpGet(probe.Handler?.HttpGet);
    }

    private static void ApplyHttpGet(HTTPGetAction? action)
    {
        if (action is not null)
        {
            action.Path = Or(action.Path, "/");
            action.Scheme = Or(action.Scheme, "HTTP");
        }
    }

    private static void ApplyFieldRef(ObjectFieldSelector? field)
    {
        if (field is not null)
        {
            field.ApiVersion = Or(field.ApiVersion, "v1");
        }
    }

    private static void ApplyVolume(VolumeSource source)
    {
        if (MessageFields.Of(VolumeSource.Descriptor).All.All(f => f.Field.Accessor.GetValue(source) is null))
        {
            source.EmptyDir = new EmptyDirVolumeSource();
        }

        if (source.Secret is { HasDefaultMode: false } secret)
        {
            secret.DefaultMode = VolumeFileMode;
        }

        if (source.ConfigMap is { HasDefaultMode: false } configMap)
        {
            configMap.DefaultMode = VolumeFileMode;
        }

        if (source.DownwardAPI is { } downward)
        {
            downward.DefaultMode = downward.HasDefaultMode ? downward.DefaultMode : VolumeFileMode;
            ApplyDownwardItems(downward.Items);
        }

        if (source.Projected is { } projected)
        {
            ApplyProjected(projected);
        }

        if (source.HostPath is { HasType: false } hostPath)
        {
            hostPath.Type = "";
        }

        if (source.Image is { } image)
        {
            image.PullPolicy = Or(image.PullPolicy, PullPolicy(image.Reference));
        }

        ApplyNetworkVolume(source);
    }

    private static void ApplyProjected(ProjectedVolumeSource projected)
    {
        projected.DefaultMode = projected.HasDefaultMode ? projected.DefaultMode : VolumeFileMode;
        foreach (var part in projected.Sources)
        {
            ApplyDownwardItems(part.DownwardAPI?.Items);
            if (part.ServiceAccountToken is { HasExpirationSeconds: false } token)
            {
                token.ExpirationSeconds = 3600;
            }
        }
    }

    private static void ApplyDownwardItems(RepeatedField<DownwardAPIVolumeFile>? items)
    {
        foreach (var item in items ?? [])
        {
            ApplyFieldRef(item.FieldRef);
        }
    }

    private static void ApplyNetworkVolume(VolumeSource source)
    {
        if (source.Iscsi is { } iscsi)
        {
            iscsi.IscsiInterface = Or(iscsi.IscsiInterface, "default");
        }

        if (source.Rbd is { } rbd)
        {
            rbd.Pool = Or(rbd.Pool, "rbd");
            rbd.User = Or(rbd.User, "admin");
            rbd.Keyring = Or(rbd.Keyring, "/etc/ceph/keyring");
        }

        if (source.AzureDisk is { } disk)
        {
            disk.CachingMode = disk.HasCachingMode ? disk.CachingMode : "ReadWrite";
            disk.FsType = disk.HasFsType ? disk.FsType : Ext4;
            disk.ReadOnly = disk.HasReadOnly && disk.ReadOnly;
            disk.Kind = disk.HasKind ? disk.Kind : "Shared";
        }

        if (source.ScaleIO is { } scaleIO)
        {
            scaleIO.StorageMode = Or(scaleIO.StorageMode, "ThinProvisioned");
            scaleIO.FsType = Or(scaleIO.FsType, "xfs");
        }
    }

    /// <summary>Pod-level requests that are missing come from the containers, and where those have none from the pod's limits.</summary>
    private static void ApplyPodResources(Pod pod)
    {
        if (pod.Spec.Resources is not { } resources)
        {
            return;
        }

        var containersOnly = new PodResourceOptions(SkipOverhead: true, SkipPodLevel: true);
        if (resources.Limits.Count + resources.Requests.Count > 0)
        {
            foreach (var (name, amount) in pod.Limits(containersOnly))
            {
                if (name.StartsWith(ResourceNames.HugePagesPrefix, StringComparison.Ordinal) && !resources.Requests.ContainsKey(name))
                {
                    resources.Limits.TryAdd(name, Quantity.From(amount));
                }
            }
        }

        if (resources.Limits.Count == 0)
        {
            return;
        }

        foreach (var (name, amount) in pod.Requests(containersOnly).Where(r => r.Key is ResourceNames.Cpu or ResourceNames.Memory))
        {
            resources.Requests.TryAdd(name, Quantity.From(amount));
        }

        foreach (var (name, limit) in resources.Limits.Where(l => ResourceNames.IsPodLevel(l.Key)))
        {
            resources.Requests.TryAdd(name, limit);
        }
    }

    private static void RoundToMilli(MapField<string, Quantity> amounts)
    {
        foreach (var (name, quantity) in amounts.ToArray())
        {
            var rounded = quantity.Amount.RoundUpToMilli();
            if (rounded != quantity.Amount)
            {
                amounts[name] = Quantity.From(rounded);
            }
        }
    }

    private static string Or(string value, string fallback) => value.Length > 0 ? value : fallback;

    private static int Or(int value, int fallback) => value != 0 ? value : fallback;
}
