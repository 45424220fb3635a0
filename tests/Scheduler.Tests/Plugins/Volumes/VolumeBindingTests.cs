using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Storage.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Plugins.VolumeBinding;
using NodeAgent.Testing;
using static NodeAgent.Scheduler.Tests.Plugins.Volumes.Storage;

namespace NodeAgent.Scheduler.Tests.Plugins.Volumes;

public sealed class VolumeBindingTests
{
    private const string NoVolume = "node(s) didn't find available persistent volumes to bind";
    private const string WrongNode = "node(s) didn't match PersistentVolume's node affinity";
    private const string NoSpace = "node(s) did not have enough free storage";

    /// <summary>Nodes a (zone 1) and b (zone 2), a pod with claim c unless it says otherwise; which nodes take it, and why the others do not.</summary>
    private static readonly Dictionary<string, (Action<Storage> Storage, Pod Pod, string[] Nodes, string Reason)> Cases = new()
    {
        ["bound, no affinity"] = (s => Both(s, Claim("c", volume: "v"), Volume("v", claim: "c")), PodWith("p", "c"), ["a", "b"], ""),
        ["bound, affinity to a"] = (s => Both(s, Claim("c", volume: "v"), Volume("v", "a", claim: "c")), PodWith("p", "c"), ["a"], WrongNode),
        ["bound to a volume that is gone"] = (s => s.Claims.Set(Claim("c", volume: "v")), PodWith("p", "c"), [], "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
        ["static: one volume on b"] = (s => Both(s, Claim("c"), Volume("v", "b")), PodWith("p", "c"), ["b"], NoVolume),
        ["static: too small"] = (s => Both(s, Claim("c", size: "20Gi"), Volume("v", "b")), PodWith("p", "c"), [], NoVolume),
        ["static: of another class"] = (s => Both(s, Claim("c"), Volume("v", "b", "other")), PodWith("p", "c"), [], NoVolume),
        ["static: taken by another claim"] = (s => Both(s, Claim("c"), Volume("v", "b", claim: "x")), PodWith("p", "c"), [], NoVolume),
        ["static: reserved for this claim"] = (s => Both(s, Claim("c"), Volume("v", "b", claim: "c"), Volume("w", "a")), PodWith("p", "c"), ["b"], NoVolume),
        ["static: of another mode"] = (s => Both(s, Claim("c"), Change(Volume("v"), v => v.Spec.VolumeMode = "Block")), PodWith("p", "c"), [], NoVolume),
        ["static: other access modes"] = (s => Both(s, Claim("c", mode: "ReadWriteMany"), Volume("v")), PodWith("p", "c"), [], NoVolume),
        ["static: being deleted"] = (s => Both(s, Claim("c"), Change(Volume("v"), v => v.Metadata.DeletionTimestamp = new Time())), PodWith("p", "c"), [], NoVolume),
        ["static: not released yet"] = (s => Both(s, Claim("c"), Change(Volume("v"), v => v.Status.Phase = "Released")), PodWith("p", "c"), [], NoVolume),
        ["static: selector matches another"] = (s => Both(s, Change(Claim("c"), c => c.Spec.Selector = new LabelSelector { MatchLabels = { ["k"] = "1" } }), Change(Volume("v", "a"), v => v.Metadata.Labels["k"] = "1"), Volume("w", "b")), PodWith("p", "c"), ["a"], NoVolume),
        ["static: two claims, two volumes on b only"] = (s =>
        {
            s.Classes.Set(Class("wait"));
            s.Claims.Set(Claim("c"), Claim("d"));
            s.Volumes.Set(Volume("v1", "a"), Volume("v2", "b"), Volume("v3", "b"));
        }, PodWith("p", "c", "d"), ["b"], NoVolume),
        ["dynamic: anywhere"] = (s => Dynamic(s), PodWith("p", "c"), ["a", "b"], ""),
        ["dynamic: allowed topologies"] = (s => Dynamic(s, c => c.AllowedTopologies.Add(new TopologySelectorTerm { MatchLabelExpressions = { new TopologySelectorLabelRequirement { Key = "zone", Values = { "2" } } } })), PodWith("p", "c"), ["b"], NoVolume),
        ["dynamic: selected before"] = (s => Dynamic(s, claim: c => c.Metadata.Annotations["volume.kubernetes.io/selected-node"] = "b"), PodWith("p", "c"), ["b"], NoVolume),
        ["dynamic: capacity only in zone 1"] = (s =>
        {
            Dynamic(s);
            s.Drivers.Set(new CSIDriver { Metadata = new() { Name = "csi.test" }, Spec = new() { StorageCapacity = true } });
            s.Capacities.Set(Capacity("x", "wait", "5Gi", "1"), Capacity("y", "wait", "100Mi", "2"), Capacity("z", "other", "5Gi", "2"));
        }, PodWith("p", "c"), ["a"], NoSpace),
        ["dynamic: greatest volume below the capacity"] = (s =>
        {
            Dynamic(s);
            s.Drivers.Set(new CSIDriver { Metadata = new() { Name = "csi.test" }, Spec = new() { StorageCapacity = true } });
            s.Capacities.Set(Change(Capacity("x", "wait", "5Gi", "1"), c => c.MaximumVolumeSize = KubeApi.Meta.Quantity.Parse("1Mi")));
        }, PodWith("p", "c"), [], NoSpace),
        ["dynamic: driver without capacities"] = (s =>
        {
            Dynamic(s);
            s.Drivers.Set(new CSIDriver { Metadata = new() { Name = "csi.test" }, Spec = new() });
        }, PodWith("p", "c"), ["a", "b"], ""),
        ["one static on a, one dynamic"] = (s =>
        {
            Dynamic(s);
            s.Classes.Set(Class("local"));
            s.Claims.Set(Claim("d", "local"));
            s.Volumes.Set(Volume("v", "a", "local"));
        }, PodWith("p", "c", "d"), ["a"], NoVolume),
    };

    private static readonly Dictionary<string, (Action<Storage> Storage, Pod Pod, string Reason)> Refusals = new()
    {
        ["no such claim"] = (_ => { }, PodWith("p", "c"), "persistentvolumeclaim \"c\" not found"),
        ["lost"] = (s => s.Claims.Set(Change(Claim("c", volume: "v"), c => c.Status.Phase = "Lost")), PodWith("p", "c"), "persistentvolumeclaim \"c\" bound to non-existent persistentvolume \"v\""),
        ["being deleted"] = (s => s.Claims.Set(Change(Claim("c"), c => c.Metadata.DeletionTimestamp = new Time())), PodWith("p", "c"), "persistentvolumeclaim \"c\" is being deleted"),
        ["unbound, immediate"] = (s => Both(s, Claim("c", "now"), Volume("v", storageClass: "now")), PodWith("p", "c"), "pod has unbound immediate PersistentVolumeClaims"),
        ["unbound, no class"] = (s => Both(s, Claim("c", ""), Volume("v", storageClass: "")), PodWith("p", "c"), "pod has unbound immediate PersistentVolumeClaims"),
        ["volume named, not bound yet"] = (s => Both(s, Change(Claim("c"), c => c.Spec.VolumeName = "v"), Volume("v")), PodWith("p", "c"), "pod has unbound immediate PersistentVolumeClaims"),
        ["ephemeral, not made yet"] = (_ => { }, PodWith("p", new VolumeSource { Ephemeral = new() }), "waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-v\""),
        ["ephemeral, of somebody else"] = (s => s.Claims.Set(Claim("p-v")), PodWith("p", new VolumeSource { Ephemeral = new() }), "PVC default/p-v was not created for pod default/p (pod is not owner)"),
    };

    private readonly FakeTimeProvider _time = new();
    private readonly InMemoryKubeClient _client = new();

    public static TheoryData<string> CaseNames => new(Cases.Keys);

    public static TheoryData<string> RefusalNames => new(Refusals.Keys);

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Filter_Table_LeavesTheNodesWithStorage(string name)
    {
        var (fill, pod, expected, reason) = Cases[name];
        var storage = With(fill);
        var cluster = Cluster();
        var plugin = Plugin(storage);

        Assert.Equal(expected, cluster.Feasible(plugin, pod));
        foreach (var node in new[] { "a", "b" }.Except(expected))
        {
            var status = cluster.StatusOn(plugin, pod, node);
            Assert.Equal((StatusCode.UnschedulableAndUnresolvable, reason), (status.Code, status.Message));
        }
    }

    [Theory]
    [MemberData(nameof(RefusalNames))]
    public void PreFilter_Table_RefusesThePod(string name)
    {
        var (fill, pod, reason) = Refusals[name];

        var decision = Cluster().DecideBy(Plugin(With(fill)), pod);

        Assert.Equal(StatusCode.UnschedulableAndUnresolvable, decision.Diagnosis!.PreFilter!.Code);
        Assert.Equal($"0/2 nodes are available: {reason}.", decision.Diagnosis.ToString());
    }

    [Fact]
    public void Find_SmallestFirst_LeavesTheGreatVolume()
    {
        var storage = With(s => Both(s, Claim("c"), Volume("great", size: "100Gi"), Volume("small", size: "2Gi"), Volume("here", "a", size: "5Gi")));
        var plan = new ClaimPlan(storage.Stores, [], [.. storage.Claims.List()]);

        Assert.Equal(Misfit.None, plan.Check(Make.Node("a"), out var volumes));

        Assert.Equal("small", Assert.Single(volumes.Static).Volume.Metadata.Name);
    }

    [Fact]
    public void Assume_VolumeChosen_IsNotOfferedToAnotherClaimUntilRestored()
    {
        var storage = With(s => Both(s, Claim("c"), Volume("v")));
        storage.Claims.Set(Claim("d"));
        var binder = Binder(storage);
        new ClaimPlan(storage.Stores, [], [storage.Claims.Get("default", "c")!]).Check(Make.Node("a"), out var volumes);
        var assumed = binder.Assume(volumes, "a", out _)!;
        Misfit ForAnother() => new ClaimPlan(storage.Stores, [], [storage.Claims.Get("default", "d")!]).Check(Make.Node("a"), out _);

        Assert.Equal(Misfit.NothingToBind, ForAnother());
        Assert.Equal("", storage.Volumes.Get(null, "v")!.Spec.ClaimRef?.Name ?? "");
        binder.Restore(assumed);
        Assert.Equal(Misfit.None, ForAnother());
    }

    [Fact]
    public void Assume_VolumeChangedSince_IsRefused()
    {
        var storage = With(s => Both(s, Claim("c"), Volume("v")));
        new ClaimPlan(storage.Stores, [], [storage.Claims.Get("default", "c")!]).Check(Make.Node("a"), out var volumes);
        storage.Volumes.Set(Volume("v", claim: "x"));

        Assert.Null(Binder(storage).Assume(volumes, "a", out var conflict));
        Assert.Contains("\"v\" changed", conflict, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BindAsync_Static_WritesTheReferenceAndWaitsForTheController()
    {
        var (storage, assumed, binder) = Assumed(s => Both(s, Claim("c"), Volume("v")));
        var binding = binder.BindAsync(Cluster().Parse(PodWith("p", "c")), assumed, "a", CancellationToken.None);

        var written = _client.Peek(KubeApi.Resources.PersistentVolumes, null, "v")!;
        Assert.Equal(("c", "claim-c", "yes"), (written.Spec.ClaimRef.Name, written.Spec.ClaimRef.Uid, written.Metadata.Annotations["pv.kubernetes.io/bound-by-controller"]));
        Assert.False(binding.IsCompleted);

        storage.Volumes.Set(Volume("v", claim: "c"));
        storage.Claims.Set(Claim("c", volume: "v"));
        storage.Volumes.Get(null, "v")!.Metadata.ResourceVersion = "1000";
        storage.Stores.Changed.OnAdd(new object(), false);
        Assert.True((await binding.WaitAsync(TimeSpan.FromSeconds(10))).IsSuccess);
    }

    [Fact]
    public async Task BindAsync_Dynamic_SelectsTheNodeAndFailsWhenTheProvisionerGivesUp()
    {
        var (storage, assumed, binder) = Assumed(s => Dynamic(s));
        var binding = binder.BindAsync(Cluster().Parse(PodWith("p", "c")), assumed, "a", CancellationToken.None);
        Assert.Equal("a", _client.Peek(KubeApi.Resources.PersistentVolumeClaims, "default", "c")!.Metadata.Annotations["volume.kubernetes.io/selected-node"]);

        storage.Claims.Set(Claim("c"));
        storage.Claims.Get("default", "c")!.Metadata.ResourceVersion = "1000";
        storage.Stores.Changed.OnAdd(new object(), false);

        var status = await binding.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((StatusCode.Error, "binding volumes: provisioning failed for PVC \"c\""), (status.Code, status.Message));
    }

    [Fact]
    public async Task BindAsync_NobodyBinds_FailsAfterTheTimeout()
    {
        var (_, assumed, binder) = Assumed(s => Dynamic(s));
        var binding = binder.BindAsync(Cluster().Parse(PodWith("p", "c")), assumed, "a", CancellationToken.None);

        for (var i = 0; i < 700 && !binding.IsCompleted; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.Contains("not bound within 600 s", (await binding.WaitAsync(TimeSpan.FromSeconds(10))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BindAsync_ObjectChangedMeanwhile_IsAConflict()
    {
        var (_, assumed, binder) = Assumed(s => Both(s, Claim("c"), Volume("v")));
        assumed.Static[0].Volume.Metadata.ResourceVersion = "0";

        await Assert.ThrowsAnyAsync<Exception>(() => binder.BindAsync(Cluster().Parse(PodWith("p", "c")), assumed, "a", CancellationToken.None));
    }

    [Theory]
    [InlineData("1Gi", "10Gi", 90)]
    [InlineData("10Gi", "10Gi", 0)]
    [InlineData("5Gi", "10Gi", 50)]
    public void Score_GateOn_PrefersTheEmptierStorage(string request, string capacity, long expected)
    {
        var storage = With(s => Both(s, Claim("c", size: request), Volume("v", size: capacity)));
        var plugin = new VolumeBindingPlugin(storage.Stores, Binder(storage), new StorageScorer(StorageScorer.DefaultShape));

        Assert.Equal(expected, Cluster().Scores(plugin, PodWith("p", "c"))["a"]);
    }

    [Fact]
    public void Hints_Table_WakeOnlyWhomItConcerns()
    {
        var plugin = Plugin(new Storage());
        var pod = Cluster().Parse(PodWith("p", "c"));
        QueueingHint Ask(EventResource resource, object? before, object? after) =>
            plugin.Interests.Single(i => i.Event.Resource == resource).Hint!(pod, before, after);

        Assert.Equal(QueueingHint.Queue, Ask(EventResource.PersistentVolumeClaim, null, Claim("c")));
        Assert.Equal(QueueingHint.Skip, Ask(EventResource.PersistentVolumeClaim, null, Claim("d")));
        Assert.Equal(QueueingHint.Queue, Ask(EventResource.StorageClass, null, Class("wait")));
        Assert.Equal(QueueingHint.Skip, Ask(EventResource.StorageClass, Class("wait"), Class("wait")));
        Assert.Equal(QueueingHint.Queue, Ask(EventResource.CSIStorageCapacity, Capacity("x", "wait", "1Gi", "1"), Capacity("x", "wait", "2Gi", "1")));
        Assert.Equal(QueueingHint.Skip, Ask(EventResource.CSIStorageCapacity, Capacity("x", "wait", "2Gi", "1"), Capacity("x", "wait", "1Gi", "1")));
    }

    private static VolumeBindingPlugin Plugin(Storage storage) => new(storage.Stores, new VolumeBinder(storage.Stores, new InMemoryKubeClient(), _ => true, n => Make.Node(n), TimeSpan.FromSeconds(600), TimeProvider.System, NullLogger.Instance), null);

    private static TestCluster Cluster() => new TestCluster().With(Make.Node("a", labels: ("zone", "1")), Make.Node("b", labels: ("zone", "2")));

    private static void Both(Storage storage, PersistentVolumeClaim claim, params PersistentVolume[] volumes)
    {
        storage.Classes.Set(Class("wait"), Class("now", delayed: false));
        storage.Claims.Set(claim);
        storage.Volumes.Set(volumes);
    }

    private static void Dynamic(Storage storage, Action<StorageClass>? storageClass = null, Action<PersistentVolumeClaim>? claim = null)
    {
        storage.Classes.Set(Change(Class("wait", provisioner: "csi.test"), storageClass ?? (_ => { })));
        storage.Claims.Set(Change(Claim("c"), claim ?? (_ => { })));
    }

    private static T Change<T>(T value, Action<T> change)
    {
        change(value);
        return value;
    }

    private VolumeBinder Binder(Storage storage) => new(storage.Stores, _client, _ => true, n => Make.Node(n), TimeSpan.FromSeconds(600), _time, NullLogger.Instance);

    /// <summary>The choice for node a, on objects that the API server has too.</summary>
    private (Storage Storage, PodVolumes Assumed, VolumeBinder Binder) Assumed(Action<Storage> fill)
    {
        var storage = With(fill);
        foreach (var claim in storage.Claims.List())
        {
            claim.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.PersistentVolumeClaims, claim).Metadata.ResourceVersion;
        }

        foreach (var volume in storage.Volumes.List())
        {
            volume.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.PersistentVolumes, volume).Metadata.ResourceVersion;
        }

        new ClaimPlan(storage.Stores, [], [.. storage.Claims.List()]).Check(Make.Node("a"), out var volumes);
        var binder = Binder(storage);
        return (storage, binder.Assume(volumes, "a", out _)!, binder);
    }
}
