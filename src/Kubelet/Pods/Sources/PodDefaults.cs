using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Pods.Sources;

/// <summary>The defaults that the API server would have filled in, for pods that never went through one.</summary>
internal static class PodDefaults
{
    public static void Apply(Pod pod)
    {
        var spec = pod.Spec;
        spec.RestartPolicy = OrElse(spec.RestartPolicy, RestartPolicies.Always);
        spec.DnsPolicy = OrElse(spec.DnsPolicy, "ClusterFirst");
        spec.SchedulerName = OrElse(spec.SchedulerName, "default-scheduler");
        spec.SecurityContext ??= new PodSecurityContext();
        if (!spec.HasTerminationGracePeriodSeconds)
        {
            spec.TerminationGracePeriodSeconds = 30;
        }

        if (!spec.HasEnableServiceLinks)
        {
            spec.EnableServiceLinks = true;
        }

        foreach (var container in spec.InitContainers.Concat(spec.Containers))
        {
            Apply(container, spec.HostNetwork);
        }

        foreach (var volume in spec.Volumes.Where(v => v.VolumeSource is null))
        {
            volume.VolumeSource = new VolumeSource { EmptyDir = new EmptyDirVolumeSource() };
        }
    }

    private static void Apply(Container container, bool hostNetwork)
    {
        container.TerminationMessagePath = OrElse(container.TerminationMessagePath, "/dev/termination-log");
        container.TerminationMessagePolicy = OrElse(container.TerminationMessagePolicy, "File");
        if (container.ImagePullPolicy.Length == 0)
        {
            container.ImagePullPolicy = Images.ImageReference.Parse(container.Image) is { Tag: "latest", Digest: "" } ? "Always" : "IfNotPresent";
        }

        foreach (var port in container.Ports)
        {
            port.Protocol = OrElse(port.Protocol, "TCP");
            if (hostNetwork && port.HostPort == 0)
            {
                port.HostPort = port.ContainerPort_;
            }
        }

        // What has a limit and asks for nothing asks for its limit.
        foreach (var (name, limit) in container.Resources?.Limits ?? [])
        {
            container.Resources!.Requests.TryAdd(name, limit);
        }

        foreach (var probe in (Probe?[])[container.LivenessProbe, container.ReadinessProbe, container.StartupProbe])
        {
            if (probe is not null)
            {
                probe.TimeoutSeconds = OrElse(probe.TimeoutSeconds, 1);
                probe.PeriodSeconds = OrElse(probe.PeriodSeconds, 10);
                probe.SuccessThreshold = OrElse(probe.SuccessThreshold, 1);
                probe.FailureThreshold = OrElse(probe.FailureThreshold, 3);
                Apply(probe.Handler?.HttpGet);
            }
        }

        Apply(container.Lifecycle?.PostStart?.HttpGet);
        Apply(container.Lifecycle?.PreStop?.HttpGet);
    }

    private static void Apply(HTTPGetAction? action)
    {
        if (action is not null)
        {
            action.Path = OrElse(action.Path, "/");
            action.Scheme = OrElse(action.Scheme, "HTTP");
        }
    }

    private static string OrElse(string value, string otherwise) => value.Length > 0 ? value : otherwise;

    private static int OrElse(int value, int otherwise) => value > 0 ? value : otherwise;
}

