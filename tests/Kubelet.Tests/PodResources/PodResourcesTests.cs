using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.PodResources;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Tests.Devices;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.PodResources;

public sealed class PodResourcesTests
{
    private const string Resource = "test/x";
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void View_OfAPod_HasMainContainersAndSidecars_AndAnEntryPerDeviceAndNode()
    {
        var (inventory, ledger, pod) = (new DeviceInventory(_time), new DeviceLedger(), new PodBuilder().Init("init").Sidecar("beside").Container("main").Build());
        var plugin = new FakeDevicePlugin();
        inventory.Connect(Resource, plugin, new DevicePluginOptions());
        inventory.Update(Resource, plugin, FakeDevicePlugin.Devices("a", "b@0+1", "c!"));
        ledger.Add(DeviceAssignment.Of(pod.Uid(), "main", inventory.Find(Resource)!, Resource, ["a", "b"], new ContainerAllocateResponse()));
        var view = new PodResourcesView(inventory, ledger, null, null);

        var told = view.Of(pod);

        Assert.Equal("web default", $"{told.Name} {told.Namespace}");
        Assert.Equal(["beside", "main"], told.Containers.Select(c => c.Name));
        Assert.Empty(told.Containers[0].Devices);
        Assert.Equal(["test/x a ", "test/x b 0", "test/x b 1"], told.Containers[1].Devices.Select(Text));
        Assert.Equal(["test/x a ", "test/x b 0", "test/x b 1"], view.Allocatable().Devices.Select(Text));
    }

    private static string Text(Schemas.PodResources.ContainerDevices devices) => $"{devices.ResourceName} {string.Join(',', devices.DeviceIds)} {string.Join(',', devices.Topology?.Nodes.Select(n => n.ID) ?? [])}";
}
