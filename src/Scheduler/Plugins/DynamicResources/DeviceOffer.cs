using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Plugins.DynamicResources.Cel;

namespace NodeAgent.Scheduler.Plugins.DynamicResources;

/// <summary>A device that can be had on some nodes.</summary>
internal sealed record DeviceOffer(DeviceKey Key, Device Device, ResourceSlice Slice)
{
    public CelDevice ForSelectors { get; } = new(Key.Driver, Device);
}
