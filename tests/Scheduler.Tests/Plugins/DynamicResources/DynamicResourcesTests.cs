using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Scheduler.Framework;
using NodeAgent.Scheduler.Framework.Events;
using NodeAgent.Scheduler.Plugins.DynamicResources;
using NodeAgent.Scheduler.Tests.Plugins.Volumes;
using NodeAgent.Testing;
using ResourceClaim = NodeAgent.KubeApi.Resource.V1.ResourceClaim;
using Status = NodeAgent.Scheduler.Framework.Status;

namespace NodeAgent.Scheduler.Tests.Plugins.DynamicResources;

public sealed class DynamicResourcesTests
{
    private const string Driver = "gpu.example.com";
    private const string NothingLeft = "cannot allocate all claims";

    /// <summary>Node a has gpu-0 (A100, numa 0), gpu-1 (A100, numa 1) and gpu-2 (V100, numa 1); node b has gpu-0 (V100, numa 0).</summary>
    private static readonly Dictionary<string, (Action<DynamicResourcesTests> Fill, string[] Nodes, string Reason)> Cases = new()
    {
        ["any one"] = (t => t.Claim(Request()), ["a", "b"], ""),
        ["two"] = (t => t.Claim(Request(count: 2)), ["a"], NothingLeft),
        ["four"] = (t => t.Claim(Request(count: 4)), [], NothingLeft),
        ["selector"] = (t => t.Claim(Request(selector: "device.attributes['gpu.example.com'].model == 'A100'")), ["a"], NothingLeft),
        ["two requests share the devices"] = (t => t.Claim(Request("r", 2), Request("s", 2)), [], NothingLeft),
        ["class selector"] = (t =>
        {
            t._classes.Set(Class("device.driver == 'other'"));
            t.Claim(Request());
        }, [], NothingLeft),
        ["all"] = (t => t.Claim(Request(mode: "All")), ["a", "b"], ""),
        ["all, one taken on a"] = (t =>
        {
            t.Claim(Request(mode: "All"));
            t._claims.Set(Allocated("x", "pool-a", "gpu-1"));
        }, ["b"], NothingLeft),
        ["taken on b"] = (t =>
        {
            t.Claim(Request());
            t._claims.Set(Allocated("x", "pool-b", "gpu-0"));
        }, ["a"], NothingLeft),
        ["taken, but admin"] = (t =>
        {
            t.Claim(Request(admin: true));
            t._claims.Set(Allocated("x", "pool-b", "gpu-0"));
        }, ["a", "b"], ""),
        ["match attribute: two on one numa node"] = (t => t.Claim(new DeviceConstraint { MatchAttribute = Driver + "/numa" }, Request(count: 2)), ["a"], NothingLeft),
        ["match attribute: two A100 on one numa node"] = (t => t.Claim(new DeviceConstraint { MatchAttribute = Driver + "/numa" }, Request(count: 2, selector: "device.attributes['gpu.example.com'].model == 'A100'")), [], NothingLeft),
        ["distinct attribute"] = (t => t.Claim(new DeviceConstraint { DistinctAttribute = Driver + "/numa" }, Request(count: 3)), [], NothingLeft),
        ["first available: second choice"] = (t => t.Claim(new DeviceRequest
        {
            Name = "r",
            FirstAvailable =
            {
                new DeviceSubRequest { Name = "great", DeviceClassName = "gpu", Count = 3 },
                new DeviceSubRequest { Name = "small", DeviceClassName = "gpu", Count = 1 },
            },
        }), ["a", "b"], ""),
        ["tainted"] = (t =>
        {
            t.Claim(Request());
            t._slices.Set(Slice("b", Device("gpu-0", "V100", 0, taint: "NoExecute")));
        }, ["a"], NothingLeft),
        ["taint tolerated"] = (t =>
        {
            t.Claim(Change(Request(), r => r.Exactly.Tolerations.Add(new DeviceToleration { Operator = "Exists" })));
            t._slices.Set(Slice("b", Device("gpu-0", "V100", 0, taint: "NoExecute")));
        }, ["a", "b"], ""),
        ["pool with a slice missing"] = (t =>
        {
            t.Claim(Request());
            t._slices.Set(Change(Slice("b", Device("gpu-0", "V100", 0)), s => s.Spec.Pool.ResourceSliceCount = 2));
        }, ["a"], NothingLeft),
        ["capacity: nobody has that much"] = (t =>
        {
            t.Claim(Asking("90Gi"));
            t._slices.Set(Shared("b"));
        }, [], NothingLeft),
        ["capacity: only b has it, twice"] = (t =>
        {
            t.Claim(Change(Asking("40Gi"), r => r.Exactly.Count = 1), Change(Asking("40Gi"), r => r.Name = "s"));
            t._slices.Set(Shared("b"));
        }, ["b"], NothingLeft),
        ["capacity: b has it once beside what is in use"] = (t =>
        {
            t.Claim(Asking("40Gi"), Change(Asking("40Gi"), r => r.Name = "s"));
            t._slices.Set(Shared("b"));
            t._claims.Set(Change(Allocated("x", "pool-b", "gpu-0"), c => ShareOf(c.Status.Allocation.Devices.Results[0], "10Gi")));
        }, [], NothingLeft),
        ["capacity: rounded up to the policy's step"] = (t =>
        {
            t.Claim(Asking("33Gi"), Change(Asking("33Gi"), r => r.Name = "s"));
            t._slices.Set(Change(Shared("b"), s => s.Spec.Devices[0].Capacity["memory"].RequestPolicy = new CapacityRequestPolicy { ValidRange = new CapacityRequestPolicyRange { Min = Gigabytes("10Gi"), Step = Gigabytes("32Gi") } }));
        }, [], NothingLeft),
        ["capacity: rounded up to a valid value"] = (t =>
        {
            t.Claim(Asking("30Gi"), Change(Asking("30Gi"), r => r.Name = "s"));
            t._slices.Set(Change(Shared("b"), s => s.Spec.Devices[0].Capacity["memory"].RequestPolicy = new CapacityRequestPolicy { ValidValues = { Gigabytes("20Gi"), Gigabytes("40Gi") } }));
        }, ["b"], NothingLeft),
        ["capacity: nothing asked for takes the default"] = (t =>
        {
            t.Claim(Request(), Request("s"));
            t._slices.Set(Slice("a"), Change(Shared("b"), s => s.Spec.Devices[0].Capacity["memory"].RequestPolicy = new CapacityRequestPolicy { Default = Gigabytes("30Gi") }));
        }, ["b"], NothingLeft),
        ["shared counters: of a set that is not there"] = (t =>
        {
            t.Claim(Request());
            t._slices.Set(Slice("b", Part("gpu-0", 1)));
        }, ["a"], NothingLeft),
        ["shared counters: enough for two parts"] = (t =>
        {
            t.Claim(Request(count: 2));
            t._slices.Set(Partitionable("b", 40));
        }, ["a", "b"], ""),
        ["shared counters: enough for one part"] = (t =>
        {
            t.Claim(Request(count: 2));
            t._slices.Set(Partitionable("b", 39));
        }, ["a"], NothingLeft),
        ["shared counters: the whole is taken"] = (t =>
        {
            t.Claim(Request());
            t._slices.Set(Partitionable("b", 40));
            t._claims.Set(Allocated("x", "pool-b", "whole"));
        }, ["a"], NothingLeft),
        ["shared counters: a part is taken, another is left, the whole is not"] = (t =>
        {
            t.Claim(Request(count: 2));
            t._slices.Set(Partitionable("b", 40));
            t._claims.Set(Allocated("x", "pool-b", "part-0"));
        }, ["a"], NothingLeft),
        ["selector fails for devices of b"] = (t =>
        {
            t.Claim(Request(selector: "device.attributes['gpu.example.com'].fast"));
            t._slices.Set(Slice("a", Change(Device("gpu-0", "A100", 0), d => d.Attributes["fast"] = new DeviceAttribute { Bool = true })));
        }, ["a"], "device selector: no such key: fast"),
        ["allocated to b"] = (t => t._claims.Set(Change(Allocated("c", "pool-b", "gpu-0"), c => c.Status.Allocation.NodeSelector = new NodeSelector { NodeSelectorTerms = { Make.Field("b") } })), ["b"], "resourceclaim not available on the node"),
        ["allocated to the network"] = (t => t._claims.Set(Allocated("c", "pool-b", "gpu-0")), ["a", "b"], ""),
    };

    private static readonly Dictionary<string, (Action<DynamicResourcesTests> Fill, string Reason)> Refusals = new()
    {
        ["no such claim"] = (_ => { }, "resourceclaim.resource.k8s.io \"c\" not found"),
        ["no such class"] = (t => t.Claim(Change(Request(), r => r.Exactly.DeviceClassName = "tpu")), "request r: device class tpu does not exist"),
        ["selector beyond the supported"] = (t => t.Claim(Request(selector: "device.driver.size() > 1")), "resource claim default/c, request r: selector device.driver.size() > 1: size(…) is not supported; supported are startsWith, endsWith, contains, matches, lowerAscii, compareTo, isLessThan, isGreaterThan, quantity and semver"),
        ["being deleted"] = (t => t._claims.Set(Change(Allocated("c", "p", "d"), c => c.Metadata.DeletionTimestamp = new Time())), "resourceclaim \"c\" is being deleted"),
        ["used by too many"] = (t => t._claims.Set(Change(Allocated("c", "p", "d"), c => c.Status.ReservedFor.AddRange(Enumerable.Range(0, 256).Select(i => new ResourceClaimConsumerReference { Uid = $"{i}" })))), "resourceclaim in use"),
    };

    private readonly FakeStore<ResourceClaim> _claims = new();
    private readonly FakeStore<ResourceSlice> _slices = new();
    private readonly FakeStore<DeviceClass> _classes = new();
    private readonly InMemoryKubeClient _client = new();
    private readonly FakeTimeProvider _time = new();
    private readonly RecordedEvents _events = new();
    private readonly AllocationLedger _ledger;
    private readonly DynamicResourcesPlugin _plugin;
    private readonly TestCluster _cluster = new TestCluster().With(Make.Node("a"), Make.Node("b"));

    public DynamicResourcesTests()
    {
        _ledger = new AllocationLedger(_claims);
        _plugin = new DynamicResourcesPlugin(_ledger, _slices, _classes, new ClaimWriter(_client, _time, NullLogger<ClaimWriter>.Instance), new DynamicResourcesArgs(), _events, _time);
        _classes.Set(Class(null));
        _slices.Set(Slice("a", Device("gpu-0", "A100", 0), Device("gpu-1", "A100", 1), Device("gpu-2", "V100", 1)), Slice("b", Device("gpu-0", "V100", 0)));
    }

    public static TheoryData<string> CaseNames => new(Cases.Keys);

    public static TheoryData<string> RefusalNames => new(Refusals.Keys);

    [Theory]
    [MemberData(nameof(CaseNames))]
    public void Filter_Table_LeavesNodesWithTheDevices(string name)
    {
        var (fill, expected, reason) = Cases[name];
        fill(this);

        Assert.Equal(expected, _cluster.Feasible(_plugin, PodWith("c")));
        foreach (var node in new[] { "a", "b" }.Except(expected))
        {
            var status = _cluster.StatusOn(_plugin, PodWith("c"), node);
            Assert.Equal((StatusCode.UnschedulableAndUnresolvable, reason), (status.Code, status.Message));
        }
    }

    [Theory]
    [InlineData("Ready", true, "")]
    [InlineData("Broken", false, "device binding failed: claim=c, reason=Unplugged, message=\"no cable\"")]
    [InlineData(null, false, "device binding timeout: claim=c")]
    public async Task PreBind_DeviceHasToBeMadeReady_WaitsForItsConditions(string? condition, bool isBound, string expected)
    {
        _slices.Set(Slice("a"), Slice("b", Change(Device("gpu-0", "V100", 0), d =>
        {
            d.BindsToNode = true;
            d.BindingConditions.Add("Ready");
            d.BindingFailureConditions.Add("Broken");
        })));
        Claim(Request());
        var claim = _claims.Get("default", "c")!;
        claim.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.ResourceClaims, claim).Metadata.ResourceVersion;
        var (pod, state) = (_cluster.Parse(PodWith("c")), new CycleState());
        Decide(state, pod);
        Assert.True(_plugin.Reserve(state, pod, "b").IsSuccess);

        var binding = _plugin.PreBindAsync(state, pod, "b", CancellationToken.None);
        Assert.False(binding.IsCompleted);
        Assert.Contains("BindingConditionsPending", Assert.Single(_events.Lines), StringComparison.Ordinal);
        var written = _client.Peek(KubeApi.Resources.ResourceClaims, "default", "c")!;
        Assert.Equal("b", written.Status.Allocation.NodeSelector.NodeSelectorTerms[0].MatchFields[0].Values[0]);
        if (condition is not null)
        {
            var result = written.Status.Allocation.Devices.Results[0];
            written.Status.Devices.Add(new AllocatedDeviceStatus { Driver = result.Driver, Pool = result.Pool, Device = result.Device, Conditions = { new Condition { Type = condition, Status = "True", Reason = "Unplugged", Message = "no cable" } } });
        }

        _claims.Set(written);
        _time.Advance(condition is null ? TimeSpan.FromMinutes(11) : TimeSpan.FromSeconds(1));
        var status = await binding.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal((isBound, expected), (status.IsSuccess, status.Message));
        Assert.Equal(isBound ? ["b"] : [], _cluster.Feasible(_plugin, PodWith("c")));
    }

    [Theory]
    [InlineData(null, "deallocation of ResourceClaim completed", true)]
    [InlineData("somebody", "still not schedulable", false)]
    public async Task PostFilter_ClaimKeepsThePodFromANode_IsGivenBackWhenNobodyUsesIt(string? consumer, string expected, bool isGivenBack)
    {
        var claim = Change(Allocated("c", "pool-b", "gpu-0"), c => c.Status.Allocation.NodeSelector = new NodeSelector { NodeSelectorTerms = { Make.Field("elsewhere") } });
        if (consumer is not null)
        {
            claim.Status.ReservedFor.Add(new ResourceClaimConsumerReference { Uid = consumer });
        }

        _claims.Set(claim);
        claim.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.ResourceClaims, claim).Metadata.ResourceVersion;
        var (pod, state) = (_cluster.Parse(PodWith("c")), new CycleState());
        Decide(state, pod);

        var result = _plugin.PostFilter(state, pod, null!);

        Assert.Equal(expected, result.Status.Message);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (isGivenBack && _client.Peek(KubeApi.Resources.ResourceClaims, "default", "c")!.Status.Allocation is not null)
        {
            await Task.Delay(2, limit.Token);
        }

        Assert.Equal(isGivenBack, _client.Requests.Any(r => r.Verb == "patch"));
    }

    [Fact]
    public void PostFilter_NoClaims_SaysSo()
    {
        var (pod, state) = (_cluster.Parse(Make.Pod("p")), new CycleState());
        Decide(state, pod);

        Assert.Equal("no new claims to deallocate", _plugin.PostFilter(state, pod, null!).Status.Message);
    }

    [Fact]
    public void Score_Alternatives_TheEarlierTheBetter()
    {
        Claim(new DeviceRequest
        {
            Name = "r",
            FirstAvailable =
            {
                new DeviceSubRequest { Name = "great", DeviceClassName = "gpu", Count = 3 },
                new DeviceSubRequest { Name = "small", DeviceClassName = "gpu", Count = 1 },
            },
        });

        // 8 and 7, scaled to the better one.
        Assert.Equal(new Dictionary<string, long> { ["a"] = 100, ["b"] = 87 }, _cluster.Scores(_plugin, PodWith("c")));
    }

    [Theory]
    [MemberData(nameof(RefusalNames))]
    public void PreFilter_Table_RefusesThePod(string name)
    {
        Refusals[name].Fill(this);

        Assert.Equal(Refusals[name].Reason, _cluster.DecideBy(_plugin, PodWith("c")).Diagnosis!.PreFilter!.Message);
    }

    [Fact]
    public void PreEnqueue_ClaimOfATemplate_WaitsUntilItIsMade()
    {
        var pod = Make.Pod("p").With(p => p.Spec.ResourceClaims.Add(new PodResourceClaim { Name = "r", ResourceClaimTemplateName = "t" }));
        Assert.Contains("not created yet", _plugin.PreEnqueue(_cluster.Parse(pod)).Message, StringComparison.Ordinal);

        pod.Status.ResourceClaimStatuses.Add(new PodResourceClaimStatus { Name = "r", ResourceClaimName = "c" });
        Claim(Request());
        Assert.Contains("pod is not owner", _plugin.PreEnqueue(_cluster.Parse(pod)).Message, StringComparison.Ordinal);

        _claims.Get("default", "c")!.Metadata.OwnerReferences.Add(new OwnerReference { Controller = true, Uid = pod.Metadata.Uid });
        Assert.True(_plugin.PreEnqueue(_cluster.Parse(pod)).IsSuccess);
    }

    [Fact]
    public async Task Reserve_Device_IsNotOfferedAgainUntilWrittenAndSeenOrGivenBack()
    {
        Claim(Request());
        var other = Change(_claims.Get("default", "c")!.Clone(), c => (c.Metadata.Name, c.Metadata.Uid) = ("d", "claim-d"));
        _claims.Set(other);
        foreach (var claim in _claims.List())
        {
            claim.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.ResourceClaims, claim).Metadata.ResourceVersion;
        }

        var (state, pod) = (new CycleState(), _cluster.Parse(PodWith("c")));
        Decide(state, pod);
        Assert.True(_plugin.Reserve(state, pod, "b").IsSuccess);
        Assert.Equal(["a"], _cluster.Feasible(_plugin, PodWith("d")));
        Assert.Contains("in the process of being allocated", _cluster.DecideBy(_plugin, PodWith("c")).Diagnosis!.PreFilter!.Message, StringComparison.Ordinal);
        _plugin.Unreserve(state, pod, "b");
        Assert.Equal(["a", "b"], _cluster.Feasible(_plugin, PodWith("d")));

        _plugin.Reserve(state, pod, "b");
        Assert.True((await _plugin.PreBindAsync(state, pod, "b", CancellationToken.None)).IsSuccess);

        var written = _client.Peek(KubeApi.Resources.ResourceClaims, "default", "c")!;
        Assert.Equal(["resource.kubernetes.io/delete-protection"], written.Metadata.Finalizers);
        var result = Assert.Single(written.Status.Allocation.Devices.Results);
        Assert.Equal(("r", Driver, "pool-b", "gpu-0"), (result.Request, result.Driver, result.Pool, result.Device));
        Assert.Equal("b", written.Status.Allocation.NodeSelector.NodeSelectorTerms[0].MatchFields[0].Values[0]);
        Assert.Equal(pod.Uid, Assert.Single(written.Status.ReservedFor).Uid);
        _plugin.Unreserve(state, pod, "b");
        Assert.Equal(["a"], _cluster.Feasible(_plugin, PodWith("d")));
        _claims.Set(written);
        Assert.Equal(["a"], _cluster.Feasible(_plugin, PodWith("d")));
    }

    [Fact]
    public async Task PreBind_ClaimThatHasItsDevices_OnlyReservesIt()
    {
        _claims.Set(Change(Allocated("c", "pool-b", "gpu-0"), c => c.Status.ReservedFor.Add(new ResourceClaimConsumerReference { Resource = "pods", Name = "x", Uid = "x" })));
        _claims.Get("default", "c")!.Metadata.ResourceVersion = _client.Seed(KubeApi.Resources.ResourceClaims, _claims.Get("default", "c")!).Metadata.ResourceVersion;
        var (state, pod) = (new CycleState(), _cluster.Parse(PodWith("c")));
        Decide(state, pod);

        _plugin.Reserve(state, pod, "a");
        await _plugin.PreBindAsync(state, pod, "a", CancellationToken.None);

        var written = _client.Peek(KubeApi.Resources.ResourceClaims, "default", "c")!;
        Assert.Equal(["x", pod.Uid], written.Status.ReservedFor.Select(r => r.Uid));
        Assert.Equal("gpu-0", written.Status.Allocation.Devices.Results[0].Device);
        Assert.Empty(written.Metadata.Finalizers);
    }

    [Fact]
    public void Allocate_ConfigOfClassAndClaim_GoesIntoTheResult()
    {
        _classes.Set(Change(Class(null), c => c.Spec.Config.Add(new DeviceClassConfiguration { DeviceConfiguration = new DeviceConfiguration { Opaque = new() { Driver = "of class" } } })));
        Claim(Request());
        _claims.Get("default", "c")!.Spec.Devices.Config.Add(new DeviceClaimConfiguration { Requests = { "r" }, DeviceConfiguration = new DeviceConfiguration { Opaque = new() { Driver = "of claim" } } });
        var state = new CycleState();
        Decide(state, _cluster.Parse(PodWith("c")));
        _plugin.Reserve(state, _cluster.Parse(PodWith("c")), "b");

        var wishes = ClaimWishes.Read(_claims.Get("default", "c")!, _classes);
        var node = _cluster.Cache.Nodes[_cluster.Cache.Nodes.FindSlot("b")].Node;
        var picks = new DeviceAllocator([wishes], new DeviceInventory(_slices.List()).On(node), new HashSet<DeviceKey>(), new CounterBudget([]), new CapacityUse([]), () => false).Allocate()!;
        var result = Allocations.ToResult(wishes, picks, node);

        Assert.Equal([("FromClass", "of class"), ("FromClaim", "of claim")], result.Devices.Config.Select(c => (c.Source, c.DeviceConfiguration.Opaque.Driver)));
    }

    [Fact]
    public void Hints_Claims_WakeTheirPodAndWhoWaitsForDevices()
    {
        var hint = _plugin.Interests[0].Hint!;
        var pod = _cluster.Parse(PodWith("c"));
        var open = Change(Allocated("x", "p", "d"), c => c.Status.Allocation = null);

        Assert.Equal(QueueingHint.Queue, hint(pod, null, Allocated("c", "p", "d")));
        Assert.Equal(QueueingHint.Skip, hint(pod, null, Allocated("x", "p", "d")));
        Assert.Equal(QueueingHint.Queue, hint(pod, Allocated("x", "p", "d"), open));
        Assert.Equal(QueueingHint.Queue, hint(pod, Allocated("x", "p", "d"), null));
    }

    private void Decide(CycleState state, Framework.Pods.PodInfo pod)
    {
        Assert.Contains(_plugin.PreFilter(state, pod, _cluster.Cache.Nodes).Status.Code, (StatusCode[])[StatusCode.Success, StatusCode.Skip]);
        var nodes = _cluster.Cache.Nodes;
        _plugin.Filter(state, pod, new Framework.Nodes.NodeFilter(nodes, nodes.Present.Clone(), new Status?[nodes.Capacity]));
    }

    private void Claim(params DeviceRequest[] requests) => Claim(null, requests);

    private void Claim(DeviceConstraint? constraint, params DeviceRequest[] requests)
    {
        var claim = new ResourceClaim { Metadata = new() { Namespace = "default", Name = "c", Uid = "claim-c" }, Spec = new() { Devices = new() { Requests = { requests } } } };
        if (constraint is not null)
        {
            claim.Spec.Devices.Constraints.Add(constraint);
        }

        _claims.Set(claim);
    }

    private static DeviceRequest Request(string name = "r", long count = 1, string? selector = null, string mode = "ExactCount", bool admin = false)
    {
        var request = new DeviceRequest { Name = name, Exactly = new ExactDeviceRequest { DeviceClassName = "gpu", AllocationMode = mode, Count = count, AdminAccess = admin } };
        if (selector is not null)
        {
            request.Exactly.Selectors.Add(new DeviceSelector { Cel = new CELDeviceSelector { Expression = selector } });
        }

        return request;
    }

    private static ResourceClaim Allocated(string name, string pool, string device) => new()
    {
        Metadata = new() { Namespace = "default", Name = name, Uid = $"claim-{name}" },
        Spec = new(),
        Status = new() { Allocation = new() { Devices = new() { Results = { new DeviceRequestAllocationResult { Request = "r", Driver = Driver, Pool = pool, Device = device } } } } },
    };

    private static DeviceClass Class(string? selector)
    {
        var deviceClass = new DeviceClass { Metadata = new() { Name = "gpu" }, Spec = new() };
        if (selector is not null)
        {
            deviceClass.Spec.Selectors.Add(new DeviceSelector { Cel = new CELDeviceSelector { Expression = selector } });
        }

        return deviceClass;
    }

    private static ResourceSlice Slice(string node, params Device[] devices) => new()
    {
        Metadata = new() { Name = $"slice-{node}" },
        Spec = new() { Driver = Driver, NodeName = node, Pool = new() { Name = $"pool-{node}", Generation = 1, ResourceSliceCount = 1 }, Devices = { devices } },
    };

    private static Device Device(string name, string model, long numa, string? taint = null)
    {
        var device = new Device { Name = name, Attributes = { ["model"] = new DeviceAttribute { String = model }, ["numa"] = new DeviceAttribute { Int = numa } } };
        if (taint is not null)
        {
            device.Taints.Add(new DeviceTaint { Key = "broken", Effect = taint });
        }

        return device;
    }

    private static KubeApi.Meta.Quantity Gigabytes(string amount) => KubeApi.Meta.Quantity.Parse(amount);

    private static DeviceRequest Asking(string memory) => Change(Request(), r => r.Exactly.Capacity = new CapacityRequirements { Requests = { ["memory"] = Gigabytes(memory) } });

    /// <summary>One card of 80Gi of which several claims may have shares.</summary>
    private static ResourceSlice Shared(string node) => Slice(node, Change(Device("gpu-0", "V100", 0), d =>
    {
        d.AllowMultipleAllocations = true;
        d.Capacity["memory"] = new DeviceCapacity { Value = Gigabytes("80Gi") };
    }));

    private static void ShareOf(DeviceRequestAllocationResult result, string memory)
    {
        result.ShareID = "share";
        result.ConsumedCapacity["memory"] = Gigabytes(memory);
    }

    private static Device Part(string name, int memory) => Change(Device(name, "V100", 0), d => d.ConsumesCounters.Add(new DeviceCounterConsumption { CounterSet = "gpu", Counters = { ["memory"] = Memory(memory) } }));

    private static Counter Memory(int gigabytes) => new() { Value = KubeApi.Meta.Quantity.Parse($"{gigabytes}Gi") };

    /// <summary>One card that can be had as a whole of 40Gi or as two parts of 20Gi.</summary>
    private static ResourceSlice Partitionable(string node, int memory) => Change(
        Slice(node, Part("whole", 40), Part("part-0", 20), Part("part-1", 20)),
        s => s.Spec.SharedCounters.Add(new CounterSet { Name = "gpu", Counters = { ["memory"] = Memory(memory) } }));

    private static Pod PodWith(string claim) => Make.Pod("p").With(p => p.Spec.ResourceClaims.Add(new PodResourceClaim { Name = "r", ResourceClaimName = claim }));

    private static T Change<T>(T value, Action<T> change)
    {
        change(value);
        return value;
    }
}
