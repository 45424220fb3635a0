using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.Hosting.Metrics;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.Devices;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Devices;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Topology;
using NodeAgent.Testing;

namespace NodeAgent.Kubelet.Tests.Devices;

public sealed class DeviceManagerTests : IDisposable
{
    private const string Resource = "test/x";
    private readonly string _folder = Directory.CreateTempSubdirectory("devices").FullName;
    private readonly FakeTimeProvider _time = new();
    private readonly FakeDevicePlugin _plugin = new();
    private Node _node;

    public DeviceManagerTests()
    {
        _node = Start();
        Register("a", "b", "c");
    }

    public void Dispose()
    {
        _node.Manager.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Allocate_GivesDevices_AndWhatThePluginSays()
    {
        var pod = Pod("one", p => p.Container("main", Wants(2)));
        await AllocateAsync(pod);

        var extras = await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);

        Assert.Equal([KeyValuePair.Create("IDS", "a,b")], extras.Environment.AsEnumerable());
        Assert.Equal(["/host/a /dev/a rw", "/host/b /dev/b rw"], extras.Devices.Select(d => $"{d.HostPath} {d.ContainerPath} {d.Permissions}"));
        Assert.Equal(["allocate a,b"], _plugin.Calls);
    }

    [Fact]
    public async Task Allocate_InitContainers_PassTheirDevicesOn_SidecarsKeepTheirs()
    {
        var pod = Pod("one", p => p.Init("first", Wants(2)).Sidecar("beside", Wants(1)).Init("second", Wants(1)).Container("main", Wants(1)).Container("other", Wants(1)));

        await AllocateAsync(pod);

        Assert.Equal("a,b|a|b|b|c", string.Join('|', Containers(pod).Select(c => Ids(pod, c.Name))));
    }

    [Fact]
    public async Task Allocate_ThePodIsGone_ItsDevicesAreFree()
    {
        await AllocateAsync(Pod("one", p => p.Container("main", Wants(3))));
        var next = Pod("two", p => p.Container("main", Wants(1)));
        var refused = await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(next));
        Assert.Equal("UnexpectedAdmissionError", refused.Verdict.Reason);
        Assert.Equal("Allocate failed due to requested number of devices unavailable for test/x. Requested: 1, Available: 0, which is unexpected", refused.Verdict.Message);

        _node.Manager.Collect(new HashSet<PodUid> { next.Uid() });

        await AllocateAsync(next);
        Assert.Equal("a", Ids(next, "main"));
    }

    [Fact]
    public async Task Allocate_ThePluginRefuses_NothingIsTaken()
    {
        _plugin.Refusal = "no";
        var refused = await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(Pod("one", p => p.Container("main", Wants(3)))));
        Assert.Equal("Allocate failed due to rpc error: code = Unknown desc = no, which is unexpected", refused.Verdict.Message);

        _plugin.Refusal = null;
        await AllocateAsync(Pod("two", p => p.Container("main", Wants(3))));
    }

    [Fact]
    public async Task Allocate_AgainForTheSame_AsksThePluginOnce()
    {
        var pod = Pod("one", p => p.Container("main", Wants(1)));
        await AllocateAsync(pod);
        await AllocateAsync(pod);

        Assert.Single(_plugin.Calls);
    }

    [Fact]
    public async Task Allocate_DevicesUnwell_SaysWhich()
    {
        var pod = Pod("one", p => p.Container("main", Wants(1)));
        await AllocateAsync(pod);

        _node.Inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a!", "b"));
        Assert.Equal("previously allocated devices are no longer healthy; cannot allocate unhealthy devices test/x", (await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(pod))).Message);
        _node.Inventory.Disconnect(Resource, _plugin);
        Assert.Equal("no healthy devices present; cannot allocate unhealthy devices test/x", (await Assert.ThrowsAsync<AllocationException>(() => AllocateAsync(Pod("two", p => p.Container("main", Wants(1)))))).Message);
    }

    [Fact]
    public async Task Extras_AfterARestart_AreThoseOfBefore_WithoutThePlugin()
    {
        var pod = Pod("one", p => p.Container("main", Wants(2)));
        await AllocateAsync(pod);
        var before = await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);

        _node.Manager.Dispose();
        _node = Start();

        Assert.True(_node.Manager.Concerns(pod));
        Assert.Equal("0 0", $"{_node.Inventory.Capacity().Capacity[Resource]} {_node.Inventory.Capacity().Allocatable[Resource]}");
        var after = await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);
        Assert.Equal(before.Devices.AsEnumerable(), after.Devices.AsEnumerable());
        Assert.Equal(before.Environment.AsEnumerable(), after.Environment.AsEnumerable());
        Register("a", "b", "c");
        await AllocateAsync(Pod("two", p => p.Container("main", Wants(1))));
        Assert.Equal("allocate c", _plugin.Calls[^1]);
    }

    [Fact]
    public async Task Extras_OfAContainerWithoutDevices_AsksForThemNow()
    {
        var pod = Pod("one", p => p.Container("main", Wants(1)));

        var extras = await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);

        Assert.Equal("IDS=a", string.Join(' ', extras.Environment.Select(e => $"{e.Key}={e.Value}")));
    }

    [Fact]
    public async Task Extras_PluginWantsToKnow_IsToldBeforeEachStart()
    {
        _node.Inventory.Connect(Resource, _plugin, new DevicePluginOptions { PreStartRequired = true });
        _node.Inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a", "b"));
        var pod = Pod("one", p => p.Container("main", Wants(2)));
        await AllocateAsync(pod);

        await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);
        await _node.Manager.ExtrasAsync(pod, pod.Spec.Containers[0], default);

        Assert.Equal(["allocate a,b", "prestart a,b", "prestart a,b"], _plugin.Calls);
    }

    [Fact]
    public async Task Hints_OfDevicesWithPlaces_AreTheNodesThatHaveEnough()
    {
        _node.Inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a@0", "b@1", "c@1"));
        var pod = Pod("one", p => p.Container("main", Wants(2)));

        Assert.Equal("1:True 0,1:False", Text(_node.Manager.Hints(pod, pod.Spec.Containers[0])[Resource]));
        await AllocateAsync(pod, new NumaHint(NumaMask.Of([1]), true));
        Assert.Equal("b,c", Ids(pod, "main"));
        Assert.Equal("1:True 0,1:False", Text(_node.Manager.Hints(pod, pod.Spec.Containers[0])[Resource]));
        var other = Pod("two", p => p.Container("main", Wants(2)));
        Assert.Empty(_node.Manager.PodHints(other)[Resource]!);
    }

    [Fact]
    public void Hints_OfDevicesWithoutPlaces_IsNoPreference()
    {
        var pod = Pod("one", p => p.Container("main", Wants(1)));

        Assert.Null(_node.Manager.Hints(pod, pod.Spec.Containers[0])[Resource]);
    }

    [Fact]
    public async Task Health_OfADeviceThatFails_IsToldForThePodThatHasIt()
    {
        var pod = Pod("one", p => p.Container("main", Wants(2)));
        await AllocateAsync(pod);
        var health = new DeviceHealth(_node.Inventory, _node.Ledger);

        _node.Inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices("a", "b!", "c!"));

        var status = Assert.Single(health.Of(pod.Uid(), "main"));
        Assert.Equal("test/x a=Healthy b=Unhealthy", $"{status.Name} {string.Join(' ', status.Resources.Select(r => $"{r.ResourceID}={r.Health}"))}");
        Assert.Equal([pod.Uid()], health.PodsWith(Resource, ["b"]));
        Assert.Empty(health.PodsWith(Resource, ["c"]));
    }

    private Node Start()
    {
        var inventory = new DeviceInventory(_time);
        var ledger = new DeviceLedger();
        var manager = new DeviceManager(inventory, ledger, new CheckpointFile(Path.Combine(_folder, DeviceCheckpoint.FileName)), [0, 1], new DeviceMetrics(new MetricsRegistry()), _time, NullLogger<DeviceManager>.Instance);
        manager.Start();
        return new Node(inventory, ledger, manager);
    }

    private void Register(params string[] devices)
    {
        _node.Inventory.Connect(Resource, _plugin, new DevicePluginOptions());
        _node.Inventory.Update(Resource, _plugin, FakeDevicePlugin.Devices(devices));
    }

    private async Task AllocateAsync(Pod pod, NumaHint hint = default)
    {
        foreach (var container in Containers(pod))
        {
            await _node.Manager.AllocateAsync(pod, container, hint, default);
        }
    }

    private string Ids(Pod pod, string container) => string.Join(',', _node.Ledger.Find(pod.Uid(), container, Resource)?.Ids ?? []);

    private static IEnumerable<Container> Containers(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    private static Pod Pod(string uid, Func<PodBuilder, PodBuilder> build) => build(new PodBuilder().With(p => p.Metadata.Uid = uid)).Build();

    private static Action<Container> Wants(int count) => c => c.Resources = new ResourceRequirements { Limits = { [Resource] = new Quantity { String = count.ToString(System.Globalization.CultureInfo.InvariantCulture) } } };

    private static string Text(IReadOnlyList<NumaHint>? hints) => string.Join(' ', hints!.Select(h => $"{h.Affinity}:{h.Preferred}"));

    private sealed record Node(DeviceInventory Inventory, DeviceLedger Ledger, DeviceManager Manager);
}
