using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Devices;

public sealed class DeviceInventoryTests
{
    private const string Resource = "test/x";
    private readonly FakeTimeProvider _time = new();
    private readonly DeviceInventory _inventory;
    private readonly FakeDevicePlugin _plugin = new();

    public DeviceInventoryTests() => _inventory = new DeviceInventory(_time);

    [Fact]
    public void Capacity_SomeUnwell_CountsAllAndLendsTheWell()
    {
        Register(_plugin, "a", "b!", "c");

        Assert.Equal("3 2", Amounts());
    }

    [Fact]
    public void Capacity_PluginAway_LendsNothing_AndAfterFiveMinutesCountsNothing()
    {
        Register(_plugin, "a", "b");
        _inventory.Disconnect(Resource, _plugin);

        Assert.Equal("2 0", Amounts());
        Assert.True(_plugin.IsDisposed);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("2 0", Amounts());
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("0 0", Amounts());
        Assert.Null(_inventory.Find(Resource));
    }

    [Fact]
    public void Capacity_PluginBackAfterItWasForgotten_CountsAgain()
    {
        Register(_plugin, "a", "b");
        _inventory.Disconnect(Resource, _plugin);
        _time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("0 0", Amounts());

        Register(new FakeDevicePlugin(), "a");

        Assert.Equal("1 1", Amounts());
    }

    [Fact]
    public void Capacity_PluginConnectedLongAgoWithoutNews_IsNotForgotten()
    {
        _inventory.Connect(Resource, _plugin, new DevicePluginOptions());
        _time.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("0 0", Amounts());
        _inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a"));
        Assert.Equal("1 1", Amounts());
    }

    [Fact]
    public void Expect_AfterARestart_CountsNothingUntilThePluginTells()
    {
        _inventory.Expect(Resource);
        Assert.Equal("0 0", Amounts());

        Register(_plugin, "a");

        Assert.Equal("1 1", Amounts());
    }

    [Fact]
    public void Connect_InPlaceOfAnother_KeepsTheDevices_AndIgnoresTheOld()
    {
        Register(_plugin, "a", "b");
        var next = new FakeDevicePlugin();
        _inventory.Connect(Resource, next, new DevicePluginOptions());

        Assert.True(_plugin.IsDisposed);
        Assert.Equal("2 2", Amounts());
        _inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("z"));
        _inventory.Disconnect(Resource, _plugin);
        Assert.Equal("2 2", Amounts());
        Assert.Same(next, _inventory.Find(Resource)!.Plugin);
    }

    [Fact]
    public void Update_HealthOfOne_TellsOfThatOne()
    {
        Register(_plugin, "a", "b");
        List<string> changed = [];
        _inventory.HealthChanged += (_, ids) => changed.AddRange(ids);

        _inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a", "b!"));
        _inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a", "b!"));

        Assert.Equal(["b"], changed);
    }

    private void Register(FakeDevicePlugin plugin, params string[] devices)
    {
        _inventory.Connect(Resource, plugin, new DevicePluginOptions());
        _inventory.Update(Resource, plugin, FakeDevicePlugin.Devices(devices));
    }

    private string Amounts()
    {
        var capacity = _inventory.Capacity();
        return $"{capacity.Capacity[Resource]} {capacity.Allocatable[Resource]}";
    }
}
