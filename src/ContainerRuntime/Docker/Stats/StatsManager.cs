using System.Collections.Concurrent;
using NodeAgent.ContainerRuntime.Docker.Containers;
using NodeAgent.ContainerRuntime.Docker.Engine;
using NodeAgent.ContainerRuntime.Docker.Engine.Models;
using NodeAgent.ContainerRuntime.Docker.Mapping;
using NodeAgent.ContainerRuntime.Docker.Sandboxes;
using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.ContainerRuntime.Docker.Stats;

/// <summary>What running containers and sandboxes use. One that ends while it is measured is left out.</summary>
internal sealed class StatsManager(DockerClient docker, ContainerManager containers, SandboxManager sandboxes, EngineFactsSource facts, WritableLayers layers)
{
    private const int AtOnce = 8;
    private readonly ConcurrentDictionary<string, CpuUsage> _lastCpu = new();

    public async Task<ContainerStats> ContainerAsync(string id, CancellationToken cancellationToken)
    {
        var listed = await containers.ListRawAsync(id, null, null, cancellationToken);
        return listed is [var container] && await MeasureAsync(container, cancellationToken) is { } stats
            ? stats
            : throw new RuntimeException(RuntimeErrorCode.NotFound, $"cannot measure container {id}: it does not run");
    }

    public async Task<IReadOnlyList<ContainerStats>> ContainersAsync(ContainerStatsFilter? filter, CancellationToken cancellationToken)
    {
        var listed = await containers.ListRawAsync(filter?.Id, filter?.PodSandboxId, filter?.LabelSelector, cancellationToken);
        if (filter is null or { Id: "", PodSandboxId: "", LabelSelector.Count: 0 })
        {
            Forget(listed);
        }

        return await MeasureAllAsync(listed, cancellationToken);
    }

    public async Task<IReadOnlyList<PodSandboxStats>> SandboxesAsync(PodSandboxStatsFilter? filter, CancellationToken cancellationToken)
    {
        var ready = new PodSandboxFilter { State = new PodSandboxStateValue { State = PodSandboxState.SandboxReady }, Id = filter?.Id ?? "" };
        foreach (var (key, value) in filter?.LabelSelector ?? [])
        {
            ready.LabelSelector[key] = value;
        }

        var pods = await sandboxes.ListAsync(ready, cancellationToken);
        var listed = await containers.ListRawAsync(null, pods.Count == 1 ? pods[0].Id : null, null, cancellationToken);
        var bySandbox = listed.ToLookup(c => c.Labels?.GetValueOrDefault(DockerLabels.SandboxId) ?? "");
        var result = new ConcurrentBag<PodSandboxStats>();
        await Parallel.ForEachAsync(pods, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (pod, token) =>
        {
            if (await MeasureAsync(pod, [.. bySandbox[pod.Id]], token) is { } stats)
            {
                result.Add(stats);
            }
        });
        return [.. result];
    }

    private async Task<PodSandboxStats?> MeasureAsync(PodSandbox pod, IReadOnlyList<ContainerListResponse> members, CancellationToken cancellationToken)
    {
        try
        {
            var pause = await docker.Containers.InspectContainerAsync(pod.Id, cancellationToken);
            var own = await docker.Containers.GetContainerStatsAsync(pod.Id, cancellationToken);
            var stats = await MeasureAllAsync(members, cancellationToken);
            var cpu = StatsMapping.Cpu(own, null);
            var memory = StatsMapping.Memory(own);
            cpu.UsageNanoCores = new UInt64Value();
            foreach (var member in stats)
            {
                cpu.UsageCoreNanoSeconds.Value += member.Cpu.UsageCoreNanoSeconds.Value;
                cpu.UsageNanoCores.Value += member.Cpu.UsageNanoCores?.Value ?? 0;
                memory.UsageBytes.Value += member.Memory.UsageBytes.Value;
                memory.WorkingSetBytes.Value += member.Memory.WorkingSetBytes.Value;
                memory.RssBytes.Value += member.Memory.RssBytes.Value;
                memory.PageFaults.Value += member.Memory.PageFaults.Value;
                memory.MajorPageFaults.Value += member.Memory.MajorPageFaults.Value;
            }

            memory.AvailableBytes = null;
            return new PodSandboxStats
            {
                Attributes = new PodSandboxAttributes { Id = pod.Id, Metadata = pod.Metadata, Labels = { pod.Labels }, Annotations = { pod.Annotations } },
                Linux = new LinuxPodSandboxStats
                {
                    Cpu = cpu,
                    Memory = memory,
                    Network = Network(pause, cpu.Timestamp),
                    Process = new ProcessUsage { Timestamp = cpu.Timestamp, ProcessCount = new UInt64Value { Value = own.PidsStats?.Current ?? 0 } },
                    Containers = { stats },
                },
            };
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return null;
        }
    }

    /// <summary>In the host's network the numbers would be the node's.</summary>
    private static NetworkUsage? Network(ContainerInspectResponse pause, long timestamp)
    {
        if (pause.HostConfig?.NetworkMode == SandboxMapping.HostMode || pause.State is not { Pid: > 0 and var pid })
        {
            return null;
        }

        try
        {
            return StatsMapping.Network(File.ReadLines($"/proc/{pid}/net/dev"), timestamp);
        }
        catch (IOException)
        {
            // The pause container has just ended.
            return null;
        }
    }

    private async Task<IReadOnlyList<ContainerStats>> MeasureAllAsync(IReadOnlyList<ContainerListResponse> listed, CancellationToken cancellationToken)
    {
        var result = new ConcurrentBag<ContainerStats>();
        await Parallel.ForEachAsync(listed, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (container, token) =>
        {
            if (await MeasureAsync(container, token) is { } stats)
            {
                result.Add(stats);
            }
        });
        return [.. result];
    }

    private async Task<ContainerStats?> MeasureAsync(ContainerListResponse listed, CancellationToken cancellationToken)
    {
        if (listed.State != "running" || ContainerStatusMapping.FromList(listed) is not { } container)
        {
            return null;
        }

        try
        {
            var inspect = await docker.Containers.InspectContainerAsync(listed.ID, cancellationToken);
            var sample = await docker.Containers.GetContainerStatsAsync(listed.ID, cancellationToken);
            if (sample.CPUStats?.CPUUsage is null or { TotalUsage: 0 })
            {
                return null;
            }

            var cpu = StatsMapping.Cpu(sample, _lastCpu.GetValueOrDefault(listed.ID));
            _lastCpu[listed.ID] = cpu;
            return new ContainerStats
            {
                Attributes = new ContainerAttributes
                {
                    Id = container.Id,
                    Metadata = container.Metadata,
                    Labels = { container.Labels },
                    Annotations = { container.Annotations },
                },
                Cpu = cpu,
                Memory = StatsMapping.Memory(sample),
                WritableLayer = layers.Measure(inspect, (await facts.GetAsync(cancellationToken)).RootDirectory),
            };
        }
        catch (DockerApiException e) when (EngineCalls.IsNotFound(e))
        {
            return null;
        }
    }

    /// <summary>Drops what is kept of containers that exist no more; called with a whole list only.</summary>
    private void Forget(IReadOnlyList<ContainerListResponse> listed)
    {
        var existing = listed.Select(c => c.ID).ToHashSet();
        foreach (var id in _lastCpu.Keys.Where(id => !existing.Contains(id)))
        {
            _lastCpu.TryRemove(id, out _);
            layers.Forget(id);
        }
    }
}
