using Microsoft.Extensions.Logging;
using NodeAgent.ContainerRuntime;
using NodeAgent.Hosting.Lifecycle;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Client;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Containers;
using NodeAgent.Kubelet.Cpus;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.NumaMemory;
using NodeAgent.Kubelet.PodResources;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Pods.Workers;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Startup;

/// <summary>The parts that give containers something of the node for themselves, put together.</summary>
internal sealed class ResourceParts
{
    private const string DeviceFolder = "device-plugins";
    private static readonly TimeSpan ClaimsLook = TimeSpan.FromMinutes(1);
    private const string PodResourcesSocket = "pod-resources/kubelet.sock";

    private readonly KubeletSettings _settings;
    private readonly ILoggerFactory _loggers;
    private readonly TimeProvider _time;
    private readonly DeviceInventory _inventory;
    private readonly DeviceLedger _ledger = new();
    private readonly DeviceManager _devices;
    private readonly CpuManager? _cpus;
    private readonly MemoryManager? _memory;
    private readonly PodResourcesMetrics _podResources;

    /// <exception cref="InvalidDataException">What an earlier kubelet has left does not fit this host.</exception>
    public ResourceParts(KubeletSettings settings, HostInfo host, IKubeClient? client, IReferencedObjects objects, MetricsRegistry metrics, ILoggerFactory loggers, TimeProvider time)
    {
        (_settings, _loggers, _time) = (settings, loggers, time);
        var topology = HostTopology.Read("/sys", host.MemoryBytes);
        _inventory = new DeviceInventory(time);
        _podResources = new PodResourcesMetrics(metrics);
        Health = new DeviceHealth(_inventory, _ledger) { IsTold = FeatureGates.IsOn(settings.Config.FeatureGates, FeatureGates.ResourceHealth) };
        var deviceMetrics = new DeviceMetrics(metrics);
        var folder = Path.Combine(settings.RootDirectory, DeviceFolder);
        _devices = new DeviceManager(_inventory, _ledger, new CheckpointFile(Path.Combine(folder, DeviceCheckpoint.FileName)), topology.Nodes.Ids, deviceMetrics, time, loggers.CreateLogger<DeviceManager>());
        Plugins = new DevicePluginServer(folder, _inventory, deviceMetrics, (resource, socket) => new DevicePlugin(resource, socket, time), loggers.CreateLogger<DevicePluginServer>());
        _cpus = MakeCpus(topology, metrics);
        _memory = MakeMemory(topology, host.MemoryBytes, metrics);
        ClaimMetrics? claimMetrics = null;
        Drivers = new DraDrivers(client, settings.NodeName, (name, version, socket) => new DraDriver(name, version, socket, claimMetrics!, time), time, loggers.CreateLogger<DraDrivers>());
        Claims = new ClaimManager(Drivers, objects, new CheckpointFile(Path.Combine(settings.RootDirectory, ClaimCheckpoint.FileName)), time, loggers.CreateLogger<ClaimManager>());
        Claims.Metrics = claimMetrics = new ClaimMetrics(metrics, () => Claims.Claims);
        Allocator = new PodAllocator(MakePolicy(topology), [.. new IResourceProvider?[] { _devices, _cpus, _memory }.OfType<IResourceProvider>()], [Claims], new TopologyMetrics(metrics), time);
    }

    public DeviceHealth Health { get; }

    public DevicePluginServer Plugins { get; }

    public DraDrivers Drivers { get; }

    public ClaimManager Claims { get; }

    public PodAllocator Allocator { get; }

    /// <summary>What goes into the node's status may have changed.</summary>
    public event Action Changed
    {
        add => _inventory.Changed += value;
        remove => _inventory.Changed -= value;
    }

    public DeviceCapacity Capacity() => _inventory.Capacity();

    /// <summary>Whether some container of the pod has CPUs for itself.</summary>
    public bool HasExclusiveCpus(PodUid pod) => _cpus?.HasExclusive(pod) == true && NoQuota;

    /// <summary>Why new resources are not for the pod on this node; null when they can be.</summary>
    public string? NoResize(Pod pod) => PodQos.Of(pod) != PodQos.Guaranteed ? null
        : _cpus is not null ? $"Resize is infeasible for Guaranteed Pods alongside CPU Manager policy \"{CpuManager.Policy}\""
        : _memory is not null ? $"Resize is infeasible for Guaranteed Pods alongside Memory Manager policy \"{MemoryManager.Policy}\""
        : null;

    /// <summary>Reads what an earlier kubelet has left. To be called before the first pod arrives.</summary>
    public void Restore()
    {
        _devices.Start();
        Claims.Start();
    }

    public void Start(Supervisor supervisor, PodManager pods, IRuntimeService runtime, Func<bool> sourcesReady)
    {
        Allocator.SourcesReady = sourcesReady;
        _inventory.HealthChanged += (resource, ids) =>
        {
            foreach (var pod in Health.PodsWith(resource, ids))
            {
                pods.Wake(pod);
            }
        };
        supervisor.Run("device plugins", Plugins.RunAsync);
        supervisor.Run("dra drivers", Drivers.RunAsync);
        supervisor.Run("claims", token => CollectClaimsAsync(pods, sourcesReady, token));
        var view = new PodResourcesView(_inventory, _ledger, _cpus, Claims) { Memory = _memory };
        var server = new PodResourcesServer(Path.Combine(_settings.RootDirectory, PodResourcesSocket), view, pods.ActivePods, _podResources, _time);
        supervisor.Run("pod resources", server.RunAsync);
        if (_cpus is not null)
        {
            var reconciler = new CpuReconciler(_cpus, pods, runtime, _settings.Config.CpuManagerReconcilePeriod, _time, _loggers.CreateLogger<CpuReconciler>());
            Allocator.Changed += reconciler.Wake;
            supervisor.Run("cpus", reconciler.RunAsync);
        }
    }

    private async Task CollectClaimsAsync(PodManager pods, Func<bool> sourcesReady, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(ClaimsLook, _time, cancellationToken);
            if (sourcesReady())
            {
                await Claims.CollectAsync(pods.ActivePods().Select(p => p.Uid()).ToHashSet(), cancellationToken);
            }
        }
    }

    private bool NoQuota => FeatureGates.IsOn(_settings.Config.FeatureGates, FeatureGates.NoQuotaOnExclusiveCpus);

    private CpuManager? MakeCpus(HostTopology topology, MetricsRegistry metrics)
    {
        var settings = CpuSettings.Parse(_settings.Config, []);
        if (!settings.IsStatic)
        {
            return null;
        }

        var layout = new CpuLayout(topology.Cpus);
        if (!settings.Reserved.IsSubsetOf(layout.All) || settings.ReservedCount > layout.Count)
        {
            throw new InvalidDataException($"reservedSystemCPUs, systemReserved, kubeReserved: CPUs \"{(settings.Reserved.IsEmpty ? $"{settings.ReservedCount} of them" : settings.Reserved)}\" are reserved, and this host has \"{layout.All}\"");
        }

        var reserved = settings.Reserved.IsEmpty ? CpuManager.Reserve(layout, settings.ReservedCount, settings.Options) : settings.Reserved;
        var checkpoint = new CheckpointFile(Path.Combine(_settings.RootDirectory, CpuCheckpoint.FileName));
        var cpus = new CpuManager(layout, reserved, settings.Options, checkpoint, new CpuMetrics(metrics), _loggers.CreateLogger<CpuManager>()) { LiftsQuota = NoQuota };
        cpus.Start();
        return cpus;
    }

    private MemoryManager? MakeMemory(HostTopology topology, long memoryBytes, MetricsRegistry metrics)
    {
        if (_settings.Config.MemoryManagerPolicy != MemoryManager.Policy)
        {
            return null;
        }

        var empty = MemoryState.Of(topology, MemorySettings.Reserved(_settings.Config, topology, memoryBytes));
        var checkpoint = new CheckpointFile(Path.Combine(_settings.RootDirectory, MemoryCheckpoint.FileName));
        var memory = new MemoryManager(empty, checkpoint, metrics, _loggers.CreateLogger<MemoryManager>());
        memory.Start();
        return memory;
    }

    private TopologyPolicy? MakePolicy(HostTopology topology)
    {
        var settings = TopologySettings.Parse(_settings.Config, []);
        if (settings.Kind is not { } kind)
        {
            return null;
        }

        return topology.Nodes.Ids.Length > settings.MaxNodes
            ? throw new InvalidDataException($"topologyManagerPolicy: unsupported on machines with more than {settings.MaxNodes} NUMA Nodes, and this one has {topology.Nodes.Ids.Length} (topologyManagerPolicyOptions: max-allowable-numa-nodes)")
            : new TopologyPolicy(kind, settings.Scope, topology.Nodes, settings.PreferClosest);
    }
}
