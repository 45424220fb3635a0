using System.Collections.Immutable;

namespace NodeAgent.Kubelet.Allocation;

/// <summary>What a container gets besides what its spec says: by its devices, its CPUs and its claims.</summary>
internal sealed record ContainerExtras
{
    public static readonly ContainerExtras Nothing = new();

    /// <summary>The pod's own variables come after these and win.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Environment { get; init; } = [];

    public ImmutableArray<Cri.Mount> Mounts { get; init; } = [];

    public ImmutableArray<Cri.Device> Devices { get; init; } = [];

    public ImmutableDictionary<string, string> Annotations { get; init; } = ImmutableDictionary<string, string>.Empty;

    public ImmutableArray<string> CdiDevices { get; init; } = [];

    /// <summary>Such as <c>0,2-3</c>; empty for any.</summary>
    public string Cpus { get; init; } = "";

    /// <summary>The CPUs are its own: no quota is to slow it down.</summary>
    public bool NoCpuQuota { get; init; }

    /// <summary>NUMA nodes, in the same form.</summary>
    public string MemoryNodes { get; init; } = "";

    /// <summary>Adds what another part has for the same container. Of two entries with one name the first stays.</summary>
    public ContainerExtras With(ContainerExtras other) => new()
    {
        Environment = [.. Environment, .. other.Environment.Where(e => !Environment.Any(own => own.Key == e.Key))],
        Mounts = [.. Mounts, .. other.Mounts.Where(m => !Mounts.Any(own => own.ContainerPath == m.ContainerPath))],
        Devices = [.. Devices, .. other.Devices.Where(d => !Devices.Any(own => own.ContainerPath == d.ContainerPath))],
        Annotations = other.Annotations.SetItems(Annotations),
        CdiDevices = [.. CdiDevices.Union(other.CdiDevices)],
        Cpus = Cpus.Length > 0 ? Cpus : other.Cpus,
        NoCpuQuota = NoCpuQuota || other.NoCpuQuota,
        MemoryNodes = MemoryNodes.Length > 0 ? MemoryNodes : other.MemoryNodes,
    };

    /// <summary>Puts all but the environment into what the runtime is told.</summary>
    public void Apply(Cri.ContainerConfig config)
    {
        config.Devices.AddRange(Devices);
        config.Mounts.AddRange(Mounts.Where(m => !config.Mounts.Any(own => own.ContainerPath == m.ContainerPath)));
        config.CDIDevices.AddRange(CdiDevices.Select(name => new Cri.CDIDevice { Name = name }));
        foreach (var (name, value) in Annotations)
        {
            config.Annotations.TryAdd(name, value);
        }

        config.Linux.Resources.CpusetCpus = Cpus;
        config.Linux.Resources.CpusetMems = MemoryNodes;
        if (NoCpuQuota && config.Linux.Resources.CpuQuota > 0)
        {
            config.Linux.Resources.CpuQuota = -1;
        }
    }
}
