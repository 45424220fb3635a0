using NodeAgent.ContainerRuntime;
using NodeAgent.Kubelet.Config;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Eviction;
using NodeAgent.Kubelet.Host;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Shutdown;

namespace NodeAgent.Kubelet.Node;

/// <summary>The parts of a node's status, each set by a function of its own, in this order.</summary>
internal sealed class NodeStatusSetters(KubeletSettings settings, NodeFacts facts, HostInfo host, RuntimeHealth health, IImageService images, NodePressure pressure, ShutdownState shutdown, Func<DeviceCapacity> devices, Func<IReadOnlyList<string>> volumesInUse, TimeProvider time)
{
    private const int MostNamesPerImage = 5;

    public async Task ApplyAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        SetAddresses(status);
        SetResources(status);
        SetInfo(status);
        status.DaemonEndpoints = new NodeDaemonEndpoints { KubeletEndpoint = new DaemonEndpoint { Port = settings.Config.Port } };
        await SetImagesAsync(status, cancellationToken);
        SetVolumes(status);
        SetRuntimeFeatures(status);
        SetConditions(status);
    }

    private void SetAddresses(NodeStatus status)
    {
        status.Addresses.Clear();
        status.Addresses.AddRange(facts.HostIPs.Select(ip => new NodeAddress { Type = "InternalIP", Address = ip }));
        status.Addresses.Add(new NodeAddress { Type = "Hostname", Address = settings.NodeName });
    }

    private void SetResources(NodeStatus status)
    {
        foreach (var (name, amount) in facts.Capacity)
        {
            status.Capacity[name] = amount;
        }

        // What others have put there stays.
        foreach (var (name, amount) in status.Capacity.Where(c => !facts.Capacity.ContainsKey(c.Key)).ToList())
        {
            status.Allocatable.TryAdd(name, amount);
        }

        foreach (var (name, amount) in facts.Allocatable)
        {
            status.Allocatable[name] = amount;
        }

        var plugins = devices();
        foreach (var (name, amount) in plugins.Capacity)
        {
            status.Capacity[name] = ResourceAmounts.FromUnits(amount);
            status.Allocatable[name] = ResourceAmounts.FromUnits(plugins.Allocatable.GetValueOrDefault(name));
        }
    }

    private void SetInfo(NodeStatus status)
    {
        var version = $"v{Hosting.Metrics.BuildInfo.GitVersion.TrimStart('v')}";
        status.NodeInfo = new NodeSystemInfo
        {
            MachineID = host.MachineId,
            SystemUUID = host.SystemUuid,
            BootID = host.BootId,
            KernelVersion = host.KernelVersion,
            OsImage = host.OsImage,
            ContainerRuntimeVersion = health.Version is { } runtime ? $"{runtime.RuntimeName}://{runtime.RuntimeVersion}" : status.NodeInfo?.ContainerRuntimeVersion ?? "",
            KubeletVersion = version,
            KubeProxyVersion = status.NodeInfo?.KubeProxyVersion ?? "",
            OperatingSystem = "linux",
            Architecture = host.Architecture,
        };
    }

    private async Task SetImagesAsync(NodeStatus status, CancellationToken cancellationToken)
    {
        if (health.Problem is not null)
        {
            return;
        }

        IReadOnlyList<Cri.Image> list;
        try
        {
            list = await images.ListImagesAsync(null, cancellationToken);
        }
        catch (RuntimeException)
        {
            // The runtime has just gone; its health says so.
            return;
        }

        IEnumerable<Cri.Image> largest = list.OrderByDescending(i => i.Size);
        if (settings.Config.NodeStatusMaxImages >= 0)
        {
            largest = largest.Take(settings.Config.NodeStatusMaxImages);
        }

        status.Images.Clear();
        status.Images.AddRange(largest.Select(i => new ContainerImage { SizeBytes = (long)i.Size, Names = { i.RepoDigests.Concat(i.RepoTags).Take(MostNamesPerImage) } }));
    }

    private void SetVolumes(NodeStatus status)
    {
        status.VolumesInUse.Clear();
        status.VolumesInUse.AddRange(volumesInUse());
    }

    private void SetRuntimeFeatures(NodeStatus status)
    {
        if (health.Status is not { } runtime)
        {
            return;
        }

        status.RuntimeHandlers.Clear();
        status.RuntimeHandlers.AddRange(runtime.RuntimeHandlers.Select(h => new NodeRuntimeHandler
        {
            Name = h.Name,
            Features = new NodeRuntimeHandlerFeatures { RecursiveReadOnlyMounts = h.Features?.RecursiveReadOnlyMounts ?? false, UserNamespaces = h.Features?.UserNamespaces ?? false },
        }));
        status.Features = new NodeFeatures { SupplementalGroupsPolicy = runtime.Features?.SupplementalGroupsPolicy ?? false };
    }

    private void SetConditions(NodeStatus status)
    {
        var now = time.GetUtcNow();
        NodeConditions.Set(status, NodeConditions.ForMemory(pressure.Has(EvictionSignals.MemoryPressure)), now);
        NodeConditions.Set(status, NodeConditions.ForDisk(pressure.Has(EvictionSignals.DiskPressure)), now);
        NodeConditions.Set(status, NodeConditions.ForPids(pressure.Has(EvictionSignals.PidPressure)), now);
        NodeConditions.Set(status, NodeConditions.ForReady(shutdown.Problem ?? health.Problem), now);
    }
}
