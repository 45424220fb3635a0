using System.Globalization;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Mapping;

/// <summary>CRI's sandboxes as Docker's pause containers and back.</summary>
internal static class SandboxMapping
{
    public const string HostMode = "host";
    public const string NetworkHost = "host";
    public const string NetworkCni = "cni";
    public const string NetworkBridge = "bridge";

    /// <summary>Just before the engine and the kubelet themselves when memory runs out; every pod hangs on it.</summary>
    private const int OomScoreAdj = -998;

    /// <param name="network">cni, bridge or host.</param>
    /// <param name="networkMode">Docker's network mode for it.</param>
    public static CreateContainerParameters ToCreate(
        PodSandboxConfig config, string runtimeHandler, string image, string network, string networkMode,
        DateTimeOffset now, EngineFacts facts, Func<string, string> readProfile)
    {
        var context = config.Linux?.SecurityContext;
        if (context?.NamespaceOptions?.UsernsOptions is { Mode: NamespaceMode.Pod })
        {
            throw new RuntimeException(RuntimeErrorCode.Unimplemented, "Docker Engine has no user namespace per pod; set hostUsers to true or leave it out");
        }

        var labels = DockerLabels.Merge(config.Labels, config.Annotations);
        DockerLabels.MarkSandbox(labels);
        labels[DockerLabels.Network] = network;
        labels[DockerLabels.CreatedAt] = DockerTime.Nanoseconds(now).ToString(CultureInfo.InvariantCulture);
        var ports = network == NetworkBridge ? config.PortMappings.Where(p => p.HostPort > 0).ToArray() : [];
        return new CreateContainerParameters
        {
            Hostname = config.Hostname.Length > 0 ? config.Hostname : null,
            Image = image,
            User = SecurityMapping.User(context?.RunAsUser, "", context?.RunAsGroup),
            Labels = labels,
            ExposedPorts = ports.Length == 0 ? null : ports.Select(Port).Distinct().ToDictionary(p => p, _ => new EmptyStruct()),
            HostConfig = HostConfig(config, facts, context) with
            {
                NetworkMode = networkMode,
                Runtime = Runtime(runtimeHandler, facts),
                SecurityOpt = SecurityMapping.SandboxOptions(context, readProfile),
                PortBindings = ports.Length == 0 ? null : ports.GroupBy(Port).ToDictionary(
                    g => g.Key,
                    g => (IReadOnlyList<PortBinding>)[.. g.Select(p => new PortBinding { HostIp = p.HostIp, HostPort = p.HostPort.ToString(CultureInfo.InvariantCulture) })]),
            },
        };
    }

    public static bool IsHostNetwork(PodSandboxConfig config) => config.Linux?.SecurityContext?.NamespaceOptions?.Network == NamespaceMode.Node;

    public static PodSandbox? FromList(ContainerListResponse container, Func<string, bool> networkReady)
    {
        if (container.Names is not [var name, ..] || !PodObjectName.TryParse(name, out var parsed))
        {
            return null;
        }

        var sandbox = new PodSandbox
        {
            Id = container.ID,
            Metadata = parsed.SandboxMetadata,
            State = State(container.State is "running" or "paused", container.Labels, container.ID, networkReady),
            CreatedAt = DockerLabels.CreatedAtOf(container.Labels, container.Created * 1_000_000_000),
        };
        DockerLabels.Split(container.Labels, sandbox.Labels, sandbox.Annotations);
        return sandbox;
    }

    public static PodSandboxStatus FromInspect(ContainerInspectResponse container, IReadOnlyList<string>? cniAddresses, Func<string, bool> networkReady)
    {
        if (!PodObjectName.TryParse(container.Name, out var parsed))
        {
            throw new RuntimeException(RuntimeErrorCode.NotFound, $"container {container.ID} ({container.Name}) is no pod sandbox");
        }

        var labels = container.Config?.Labels;
        var host = container.HostConfig ?? new HostConfig();
        var status = new PodSandboxStatus
        {
            Id = container.ID,
            Metadata = parsed.SandboxMetadata,
            State = State(container.State?.Running == true, labels, container.ID, networkReady),
            CreatedAt = DockerLabels.CreatedAtOf(labels, DockerTime.ToNanoseconds(container.Created)),
            Network = Network(host.NetworkMode == HostMode ? [] : cniAddresses ?? DockerAddresses(container)),
            Linux = new LinuxPodSandboxStatus
            {
                Namespaces = new Namespace
                {
                    Options = new NamespaceOption
                    {
                        Network = host.NetworkMode == HostMode ? NamespaceMode.Node : NamespaceMode.Pod,
                        Pid = host.PidMode == HostMode ? NamespaceMode.Node : NamespaceMode.Container,
                        Ipc = host.IpcMode == HostMode ? NamespaceMode.Node : NamespaceMode.Pod,
                    },
                },
            },
        };
        DockerLabels.Split(labels, status.Labels, status.Annotations);
        return status;
    }

    private static HostConfig HostConfig(PodSandboxConfig config, EngineFacts facts, LinuxSandboxSecurityContext? context)
    {
        var namespaces = context?.NamespaceOptions;
        return new HostConfig
        {
            IpcMode = namespaces?.Ipc == NamespaceMode.Node ? HostMode : "shareable",
            PidMode = namespaces?.Pid == NamespaceMode.Node ? HostMode : null,
            OomScoreAdj = Math.Max(OomScoreAdj, facts.OomScoreFloor),
            CpuShares = 2,
            CgroupParent = facts.CgroupParent(config.Linux?.CgroupParent),
            ReadonlyRootfs = context?.ReadonlyRootfs ?? false,
            GroupAdd = SecurityMapping.Groups(context?.SupplementalGroups ?? []),
            Sysctls = config.Linux?.Sysctls.Count > 0 ? new Dictionary<string, string>(config.Linux.Sysctls) : null,
            Dns = NullIfEmpty(config.DnsConfig?.Servers),
            DnsSearch = NullIfEmpty(config.DnsConfig?.Searches),
            DnsOptions = NullIfEmpty(config.DnsConfig?.Options),
            RestartPolicy = new RestartPolicy { Name = "no" },
            LogConfig = new LogConfig { Type = "none" },
        };
    }

    private static string[]? NullIfEmpty(IReadOnlyCollection<string>? values) => values is null or { Count: 0 } ? null : [.. values];

    /// <summary>docker names the engine's default, as it did for RuntimeClasses on Docker before.</summary>
    private static string? Runtime(string handler, EngineFacts facts)
    {
        if (handler is "" or "docker")
        {
            return null;
        }

        return facts.Runtimes.Contains(handler)
            ? handler
            : throw new RuntimeException(
                RuntimeErrorCode.InvalidArgument, $"no runtime for \"{handler}\" is configured in the engine; it has {string.Join(", ", facts.Runtimes.Order())}");
    }

    private static string Port(PortMapping mapping) =>
        string.Create(CultureInfo.InvariantCulture, $"{mapping.ContainerPort}/{mapping.Protocol.ToString().ToLowerInvariant()}");

    /// <summary>A sandbox of CNI is ready when its plugins have finished, which is recorded elsewhere.</summary>
    private static PodSandboxState State(bool running, IReadOnlyDictionary<string, string>? labels, string id, Func<string, bool> networkReady) =>
        running && (labels?.GetValueOrDefault(DockerLabels.Network) != NetworkCni || networkReady(id))
            ? PodSandboxState.SandboxReady
            : PodSandboxState.SandboxNotready;

    private static string[] DockerAddresses(ContainerInspectResponse container) =>
    [
        .. (container.NetworkSettings?.Networks ?? new Dictionary<string, EndpointSettings>()).Values
            .SelectMany(n => new[] { n.IPAddress, n.GlobalIPv6Address })
            .Where(ip => ip.Length > 0),
    ];

    private static PodSandboxNetworkStatus Network(IReadOnlyList<string> addresses) => new()
    {
        Ip = addresses.Count > 0 ? addresses[0] : "",
        AdditionalIps = { addresses.Skip(1).Select(ip => new PodIP { Ip = ip }) },
    };
}
