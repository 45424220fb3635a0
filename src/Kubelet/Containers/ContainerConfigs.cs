using Google.Protobuf;

namespace NodeAgent.Kubelet.Containers;

/// <summary>From a container's spec, and what was made ready for it, to what the runtime is told.</summary>
internal static class ContainerConfigs
{
    /// <summary>What has to be known before a container can be described.</summary>
    /// <param name="ImageId">What the engine calls the image that was found or pulled.</param>
    /// <param name="Environment">In order; later ones of the same name win.</param>
    /// <param name="TargetId">For an ephemeral container: the container whose processes it shall see.</param>
    internal sealed record Inputs(
        string ImageId,
        ImageUser ImageUser,
        IReadOnlyList<KeyValuePair<string, string>> Environment,
        IReadOnlyList<Cri.Mount> Mounts,
        SecurityDefaults Security,
        long MemoryCapacity,
        long? CpuPeriod,
        string? TargetId = null,
        MemoryTuning? Memory = null);

    /// <exception cref="ContainerConfigException">The spec asks for what it may not have.</exception>
    public static Cri.ContainerConfig For(Pod pod, Container container, int restartCount, Inputs inputs)
    {
        SecurityContexts.CheckNonRoot(pod, container, inputs.ImageUser);
        var environment = inputs.Environment.GroupBy(e => e.Key).ToDictionary(g => g.Key, g => g.Last().Value);
        string Expand(string text) => VariableExpansion.Expand(text, name => environment.GetValueOrDefault(name));

        var config = new Cri.ContainerConfig
        {
            Metadata = new Cri.ContainerMetadata { Name = container.Name, Attempt = (uint)restartCount },
            Image = new Cri.ImageSpec { Image = inputs.ImageId, UserSpecifiedImage = container.Image },
            Command = { container.Command.Select(Expand) },
            Args = { container.Args.Select(Expand) },
            WorkingDir = container.WorkingDir,
            LogPath = PodPaths.RelativeLog(container.Name, restartCount),
            Stdin = container.Stdin,
            StdinOnce = container.StdinOnce,
            Tty = container.Tty,
            Mounts = { inputs.Mounts },
            Linux = new Cri.LinuxContainerConfig
            {
                Resources = LinuxResources.For(pod, container, inputs.MemoryCapacity, inputs.CpuPeriod, inputs.Memory),
                SecurityContext = SecurityContexts.For(pod, container, inputs.ImageUser, inputs.Security),
            },
        };
        if (inputs.TargetId is { } target && config.Linux.SecurityContext.NamespaceOptions.Pid == Cri.NamespaceMode.Container)
        {
            config.Linux.SecurityContext.NamespaceOptions.Pid = Cri.NamespaceMode.Target;
            config.Linux.SecurityContext.NamespaceOptions.TargetId = target;
        }

        foreach (var (name, value) in inputs.Environment)
        {
            config.Envs.Add(new Cri.KeyValue { Key = name, Value = ByteString.CopyFromUtf8(value) });
        }

        if (container.Lifecycle is { StopSignal.Length: > 0 } lifecycle && Enum.TryParse<Cri.Signal>(lifecycle.StopSignal.Replace("+", "Plus", StringComparison.Ordinal).Replace("-", "Minus", StringComparison.Ordinal), ignoreCase: true, out var signal))
        {
            config.StopSignal = signal;
        }

        RuntimeLabels.LabelPod(config.Labels, pod);
        config.Labels[RuntimeLabels.ContainerName] = container.Name;
        RuntimeLabels.Annotate(config.Annotations, pod, container, restartCount);
        return config;
    }
}
