using NodeAgent.Kubelet.Pods.Model;

namespace NodeAgent.Kubelet.Devices;

/// <summary>The state of the devices that containers have, for allocatedResourcesStatus (upstream's gate ResourceHealthStatus, on in v1.36).</summary>
internal sealed class DeviceHealth(DeviceInventory inventory, DeviceLedger ledger)
{
    private const string Healthy = "Healthy";
    private const string Unhealthy = "Unhealthy";

    public bool IsTold { get; init; } = true;

    /// <summary>A device that its plugin does not know counts as healthy, as upstream has it.</summary>
    public IReadOnlyList<ResourceStatus> Of(PodUid pod, string container) =>
    [
        .. (IsTold ? ledger.Of(pod, container) : []).OrderBy(a => a.Resource, StringComparer.Ordinal).Select(a =>
        {
            var known = inventory.Find(a.Resource)?.Devices;
            var status = new ResourceStatus { Name = a.Resource };
            status.Resources.AddRange(a.Ids.Select(id => new ResourceHealth
            {
                ResourceID = id,
                Health = known is null || !known.TryGetValue(id, out var device) || device.Health == DeviceResource.HealthyText ? Healthy : Unhealthy,
            }));
            return status;
        }),
    ];

    /// <summary>The pods that have one of the devices.</summary>
    public IReadOnlyCollection<PodUid> PodsWith(string resource, IReadOnlyCollection<string> ids) =>
        [.. ledger.All.Where(a => a.Resource == resource && a.Ids.Overlaps(ids)).Select(a => a.Pod).Distinct()];
}
