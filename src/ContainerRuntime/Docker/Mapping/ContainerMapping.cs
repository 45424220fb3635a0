using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's containers as Docker's.</summary>
internal static class ContainerMapping
{
    /// <summary>
    /// The engine never rotates: the kubelet does, and a second one would lose lines that nobody has read. The engine's own
    /// defaults apply where a driver option is left out, and it takes no word for "never"; this is a petabyte.
    /// </summary>
    private static readonly LogConfig Log = new()
    {
        Type = "json-file",
        Config = new Dictionary<string, string> { ["max-size"] = "1000000g", ["max-file"] = "1", ["compress"] = "false" },
    };

    public static CreateContainerParameters ToCreate(
        string sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, string? runtime,
        DateTimeOffset now, EngineFacts facts, Func<string, string> readProfile)
    {
        var context = config.Linux?.SecurityContext;
        return new CreateContainerParameters
        {
            Image = config.Image?.Image ?? "",
            Entrypoint = config.Command.Count > 0 ? [.. config.Command] : null,
            Cmd = config.Args.Count > 0 ? [.. config.Args] : null,
            Env = [.. config.Envs.Select(e => $"{e.Key}={e.Value.ToStringUtf8()}")],
            WorkingDir = config.WorkingDir.Length > 0 ? config.WorkingDir : null,
            OpenStdin = config.Stdin,
            StdinOnce = config.StdinOnce,
            Tty = config.Tty,
            User = SecurityMapping.User(context?.RunAsUser, context?.RunAsUsername ?? "", context?.RunAsGroup),
            StopSignal = StopSignals.ToDocker(config.StopSignal),
            Labels = Labels(sandboxId, config, sandboxConfig, now),

            // Health is the kubelet's to probe.
            Healthcheck = new HealthConfig { Test = ["NONE"] },
            HostConfig = ResourceMapping.Apply(HostConfig(sandboxId, config, context, facts, readProfile), config.Linux?.Resources, facts.OomScoreFloor) with
            {
                CgroupParent = facts.CgroupParent(sandboxConfig.Linux?.CgroupParent),
                Runtime = runtime,
            },
        };
    }

    public static string LogPath(ContainerConfig config, PodSandboxConfig sandboxConfig) =>
        config.LogPath.Length == 0 || sandboxConfig.LogDirectory.Length == 0 ? "" : Path.Combine(sandboxConfig.LogDirectory, config.LogPath);

    private static Dictionary<string, string> Labels(string sandboxId, ContainerConfig config, PodSandboxConfig sandboxConfig, DateTimeOffset now)
    {
        var labels = DockerLabels.Merge(config.Labels, config.Annotations);
        labels[DockerLabels.Type] = DockerLabels.TypeContainer;
        labels[DockerLabels.SandboxId] = sandboxId;
        labels[DockerLabels.LogPath] = LogPath(config, sandboxConfig);
        labels[DockerLabels.CreatedAt] = DockerTime.Nanoseconds(now).ToString(CultureInfo.InvariantCulture);
        if (config.Image is { UserSpecifiedImage.Length: > 0 } image)
        {
            labels[DockerLabels.UserImage] = image.UserSpecifiedImage;
        }

        return labels;
    }

    private static HostConfig HostConfig(
        string sandboxId, ContainerConfig config, LinuxContainerSecurityContext? context, EngineFacts facts, Func<string, string> readProfile)
    {
        var namespaces = context?.NamespaceOptions;
        var sandbox = $"container:{sandboxId}";
        var privileged = context?.Privileged ?? false;
        return new HostConfig
        {
            NetworkMode = sandbox,
            IpcMode = namespaces?.Ipc == NamespaceMode.Node ? SandboxMapping.HostMode : sandbox,
            UTSMode = namespaces?.Network == NamespaceMode.Node ? SandboxMapping.HostMode : null,
            PidMode = PidMode(namespaces, sandbox),
            Privileged = privileged,
            ReadonlyRootfs = context?.ReadonlyRootfs ?? false,
            GroupAdd = SecurityMapping.Groups(context?.SupplementalGroups ?? []),
            CapAdd = SecurityMapping.Capabilities(context?.Capabilities?.AddCapabilities),
            CapDrop = SecurityMapping.Capabilities(context?.Capabilities?.DropCapabilities),
            SecurityOpt = SecurityMapping.ContainerOptions(context, readProfile),

            // Null is the engine's own list, empty is none: with a security context the lists are what they say.
            MaskedPaths = context is null || privileged ? null : [.. context.MaskedPaths],
            ReadonlyPaths = context is null || privileged ? null : [.. context.ReadonlyPaths],
            Mounts = [.. config.Mounts.Select(m => MountMapping.ToDocker(m, facts.Api))],
            Devices = [.. config.Devices.Select(d => new DeviceMapping { PathOnHost = d.HostPath, PathInContainer = d.ContainerPath, CgroupPermissions = d.Permissions })],
            DeviceRequests = config.CDIDevices.Count == 0
                ? null
                : [new DeviceRequest { Driver = "cdi", DeviceIDs = [.. config.CDIDevices.Select(d => d.Name)] }],
            RestartPolicy = new RestartPolicy { Name = "no" },
            LogConfig = Log,
        };
    }

    private static string? PidMode(NamespaceOption? namespaces, string sandbox) => namespaces?.Pid switch
    {
        NamespaceMode.Node => SandboxMapping.HostMode,
        NamespaceMode.Target => $"container:{namespaces.TargetId}",
        NamespaceMode.Pod => sandbox,
        _ => null,
    };
}
