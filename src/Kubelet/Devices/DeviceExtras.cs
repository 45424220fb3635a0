using System.Collections.Immutable;
using NodeAgent.Kubelet.Allocation;

namespace NodeAgent.Kubelet.Devices;

/// <summary>From what plugins answered to what the container gets.</summary>
internal static class DeviceExtras
{
    public static ContainerExtras Of(IEnumerable<DeviceAssignment> assignments) =>
        assignments.OrderBy(a => a.Resource, StringComparer.Ordinal).Aggregate(ContainerExtras.Nothing, (all, a) => all.With(Of(a.Response)));

    private static ContainerExtras Of(Schemas.Devices.ContainerAllocateResponse response) => new()
    {
        Environment = [.. response.Envs.OrderBy(e => e.Key, StringComparer.Ordinal)],
        Mounts = [.. response.Mounts.Select(m => new Cri.Mount { ContainerPath = m.ContainerPath, HostPath = m.HostPath, Readonly = m.ReadOnly })],
        Devices = [.. response.Devices.Select(d => new Cri.Device { ContainerPath = d.ContainerPath, HostPath = d.HostPath, Permissions = d.Permissions })],
        Annotations = response.Annotations.ToImmutableDictionary(),
        CdiDevices = [.. response.CdiDevices.Select(d => d.Name)],
    };
}
