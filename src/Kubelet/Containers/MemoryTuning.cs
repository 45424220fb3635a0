using System.Globalization;
using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Containers;

/// <summary>What containers get beside their memory limit: swap, and with cgroup v2 the point from which the kernel slows them down (the gate MemoryQoS).</summary>
/// <param name="IsUnified">The host has cgroup v2.</param>
/// <param name="NodeMemory">In bytes.</param>
internal sealed record MemoryTuning(bool IsUnified, long NodeMemory)
{
    private const string SwapMax = "memory.swap.max";

    /// <summary>The kernel limits the swap of cgroups.</summary>
    public bool HasSwapLimits { get; init; } = true;

    /// <summary>Burstable containers get their part of the node's swap (LimitedSwap); all others, and without this all, get none.</summary>
    public bool LimitedSwap { get; init; }

    /// <summary>In bytes.</summary>
    public long NodeSwap { get; init; }

    /// <summary>How far between request and limit a container is slowed down; null when it is not.</summary>
    public double? ThrottlingFactor { get; init; }

    /// <summary>In bytes: stands for the limit of a container without one.</summary>
    public long AllocatableMemory { get; init; }

    public void Apply(Pod pod, Container container, Cri.LinuxContainerResources resources)
    {
        // Memory and swap together: the same as memory alone is no swap. Docker Engine knows only this form.
        resources.MemorySwapLimitInBytes = resources.MemoryLimitInBytes;
        if (IsUnified && HasSwapLimits)
        {
            var swap = SwapOf(pod, container);
            resources.Unified[SwapMax] = Text(swap);
            resources.MemorySwapLimitInBytes += resources.MemoryLimitInBytes > 0 ? swap : 0;
        }

        if (IsUnified && ThrottlingFactor is { } factor)
        {
            Throttle(container, resources, factor);
        }
    }

    private long SwapOf(Pod pod, Container container)
    {
        var request = ResourceAmounts.Units(container.Resources?.Requests, ResourceAmounts.Memory);
        var limit = ResourceAmounts.Units(container.Resources?.Limits, ResourceAmounts.Memory);
        return !LimitedSwap || pod.IsCritical() || PodQos.Of(pod) != PodQos.Burstable || request == 0 || request == limit || request > NodeMemory
            ? 0
            : (long)((double)request / NodeMemory * NodeSwap);
    }

    private void Throttle(Container container, Cri.LinuxContainerResources resources, double factor)
    {
        var request = ResourceAmounts.Units(container.Resources?.Requests, ResourceAmounts.Memory);
        var limit = ResourceAmounts.Units(container.Resources?.Limits, ResourceAmounts.Memory);
        resources.Unified["memory.min"] = "0";
        resources.Unified["memory.low"] = "0";
        var most = limit != 0 ? limit : AllocatableMemory;
        if (request == limit || most == 0)
        {
            return;
        }

        var high = (long)Math.Floor((request + ((most - request) * factor)) / Environment.SystemPageSize) * Environment.SystemPageSize;
        if (high > request)
        {
            resources.Unified["memory.high"] = Text(high);
        }
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
