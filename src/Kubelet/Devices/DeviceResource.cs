using System.Collections.Immutable;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Kubelet.Topology;

namespace NodeAgent.Kubelet.Devices;

/// <summary>What is known of one resource that a device plugin has.</summary>
internal sealed record DeviceResource
{
    public const string HealthyText = "Healthy";

    /// <summary>How long a plugin may be away before its resource is no longer counted.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(5);

    /// <summary>Null while none is there.</summary>
    public IDevicePlugin? Plugin { get; init; }

    public DevicePluginOptions Options { get; init; } = new();

    /// <summary>Since when there are no news of devices; null while a plugin tells them.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>By id, as the plugin has told them last.</summary>
    public ImmutableSortedDictionary<string, Device> Devices { get; init; } = ImmutableSortedDictionary.Create<string, Device>(StringComparer.Ordinal);

    /// <summary>Devices are lent only while the plugin is there.</summary>
    public ImmutableSortedSet<string> Healthy => StoppedAt is not null
        ? ImmutableSortedSet.Create<string>(StringComparer.Ordinal)
        : Devices.Where(d => d.Value.Health == HealthyText).Select(d => d.Key).ToImmutableSortedSet(StringComparer.Ordinal);

    public bool HasTopology => Devices.Values.Any(d => d.Topology is { Nodes.Count: > 0 });

    public bool IsGone(DateTimeOffset now) => Plugin is null && StoppedAt is { } at && now - at > Grace;

    /// <summary>Empty for a device without a place.</summary>
    public NumaMask NodesOf(string id) => Devices.TryGetValue(id, out var device) && device.Topology is { } topology
        ? NumaMask.Of(topology.Nodes.Select(n => (int)n.ID).Where(n => n is >= 0 and < 64))
        : NumaMask.Empty;
}
