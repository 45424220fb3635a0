using Microsoft.Extensions.Logging.Abstractions;
using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.KubeApi.Resource.V1;
using NodeAgent.Kubelet.Allocation;
using NodeAgent.Kubelet.Checkpoints;
using NodeAgent.Kubelet.DynamicResources;
using NodeAgent.Kubelet.Pods.Model;
using NodeAgent.Kubelet.Schemas.Registration;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Testing;
using ResourceClaim = NodeAgent.KubeApi.Resource.V1.ResourceClaim;

namespace NodeAgent.Kubelet.Tests.DynamicResources;

public sealed class ClaimManagerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("claims").FullName;
    private readonly FakeObjects _objects = new();
    private readonly FakeDraDriver _driver = new("drv");
    private readonly DraDrivers _drivers;
    private ClaimManager _claims;

    public ClaimManagerTests()
    {
        _drivers = new DraDrivers(null, "node", (_, _, _) => _driver, new FakeTimeProvider(), NullLogger<DraDrivers>.Instance);
        _drivers.RegisterAsync(new PluginInfo { Name = "drv", SupportedVersions = { "v1.DRAPlugin" } }, "/drv", default).GetAwaiter().GetResult();
        _claims = Start();
    }

    public void Dispose()
    {
        _claims.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Prepare_ThenStart_TheContainerHasTheDevicesOfItsRequest()
    {
        Add("gpu", "one");
        var pod = Pod("one", ("c", "gpu"));

        await _claims.PrepareAsync(pod, default);
        await _claims.PrepareAsync(pod, default);

        Assert.Equal(["prepare gpu"], _driver.Calls);
        Assert.Equal(["drv/class=claim-gpu"], (await _claims.ExtrasAsync(pod, pod.Spec.Containers[0], default)).CdiDevices.AsEnumerable());
        Assert.Equal(["drv/class=claim-gpu"], (await _claims.ExtrasAsync(pod, Using("c", "req"), default)).CdiDevices.AsEnumerable());
        Assert.Empty((await _claims.ExtrasAsync(pod, Using("c", "other"), default)).CdiDevices.AsEnumerable());
        Assert.Empty((await _claims.ExtrasAsync(pod, new Container { Name = "none" }, default)).CdiDevices.AsEnumerable());
    }

    [Fact]
    public async Task Unprepare_OfASharedClaim_OnlyWhenTheLastPodHasEnded()
    {
        Add("gpu", "one", "two");
        var (one, two) = (Pod("one", ("c", "gpu")), Pod("two", ("c", "gpu")));
        await _claims.PrepareAsync(one, default);
        await _claims.PrepareAsync(two, default);
        Assert.Equal(["prepare gpu"], _driver.Calls);

        await _claims.UnprepareAsync(one, default);
        Assert.Single(_driver.Calls);
        await _claims.UnprepareAsync(two, default);
        await _claims.UnprepareAsync(two, default);

        Assert.Equal(["prepare gpu", "unprepare gpu"], _driver.Calls);
        Assert.Empty(_claims.Claims);
    }

    [Fact]
    public async Task Unprepare_AfterARestart_KnowsWhatIsPrepared()
    {
        Add("gpu", "one");
        var pod = Pod("one", ("c", "gpu"));
        await _claims.PrepareAsync(pod, default);

        _claims.Dispose();
        _claims = Start();

        Assert.Equal(["drv/class=claim-gpu"], (await _claims.ExtrasAsync(pod, pod.Spec.Containers[0], default)).CdiDevices.AsEnumerable());
        await _claims.CollectAsync(new HashSet<PodUid> { pod.Uid() }, default);
        Assert.Single(_claims.Claims);
        await _claims.CollectAsync(new HashSet<PodUid>(), default);
        Assert.Equal("unprepare gpu", _driver.Calls[^1]);
        Assert.Empty(_claims.Claims);
    }

    [Fact]
    public async Task Prepare_DriverFails_IsToldAndTriedAgain()
    {
        Add("gpu", "one");
        var pod = Pod("one", ("c", "gpu"));
        _driver.Error = "no power";
        Assert.Equal("prepare dynamic resources: NodePrepareResources failed for ResourceClaim gpu: no power", (await Assert.ThrowsAsync<ClaimException>(() => _claims.PrepareAsync(pod, default))).Message);
        (_driver.Error, _driver.Skips) = ("", true);
        Assert.Equal("prepare dynamic resources: NodePrepareResources skipped 1 ResourceClaims", (await Assert.ThrowsAsync<ClaimException>(() => _claims.PrepareAsync(pod, default))).Message);

        _driver.Skips = false;
        await _claims.PrepareAsync(pod, default);

        Assert.Single((await _claims.ExtrasAsync(pod, pod.Spec.Containers[0], default)).CdiDevices.AsEnumerable());
    }

    [Fact]
    public async Task Prepare_ClaimThatIsNotThePods_IsRefused()
    {
        var pod = Pod("one", ("c", "gpu"));
        Assert.Equal("prepare dynamic resources: fetch ResourceClaim gpu: resourceclaims.resource.k8s.io \"gpu\" not found", await RefusalAsync(pod));
        Add("gpu", "another");
        Assert.Equal("prepare dynamic resources: pod web (one) is not allowed to use ResourceClaim gpu (uid-gpu)", await RefusalAsync(pod));
        Add("gpu", "one").Status.Allocation = null;
        Assert.Equal("prepare dynamic resources: ResourceClaim gpu: not allocated", await RefusalAsync(pod));
        Add("gpu", "one").Status.Allocation.Devices.Results[0].Driver = "unknown";
        Assert.Equal("prepare dynamic resources: DRA driver unknown is not registered", await RefusalAsync(pod));
        Assert.Empty(_driver.Calls);
    }

    [Fact]
    public async Task Prepare_ClaimOfATemplate_IsTheOneMadeForThePod()
    {
        var pod = Pod("one");
        pod.Spec.ResourceClaims.Add(new PodResourceClaim { Name = "c", ResourceClaimTemplateName = "template" });
        pod.Spec.ResourceClaims.Add(new PodResourceClaim { Name = "unneeded", ResourceClaimTemplateName = "template" });
        Assert.Equal("prepare dynamic resources: pod claim c: ResourceClaim not created yet", await RefusalAsync(pod));

        pod.Status.ResourceClaimStatuses.Add(new PodResourceClaimStatus { Name = "c", ResourceClaimName = "web-c-x" });
        pod.Status.ResourceClaimStatuses.Add(new PodResourceClaimStatus { Name = "unneeded" });
        var claim = Add("web-c-x", "one");
        Assert.Contains("was not created for pod default/web (pod is not owner)", await RefusalAsync(pod), StringComparison.Ordinal);
        claim.Metadata.OwnerReferences.Add(new OwnerReference { Uid = "one", Controller = true });
        await _claims.PrepareAsync(pod, default);

        Assert.Equal(["prepare web-c-x"], _driver.Calls);
    }

    [Fact]
    public async Task Extras_OfAClaimThatIsNotPrepared_HoldsTheContainerBack()
    {
        var pod = Pod("one", ("c", "gpu"));

        await Assert.ThrowsAsync<AllocationException>(() => _claims.ExtrasAsync(pod, pod.Spec.Containers[0], default));
    }

    [Fact]
    public void Start_WithADamagedFile_SaysSo()
    {
        File.WriteAllText(Path.Combine(_folder, ClaimCheckpoint.FileName), """{"Data":"{}","Checksum":1}""");

        Assert.Contains("drain the node", Assert.Throws<InvalidDataException>(Start).Message, StringComparison.Ordinal);
    }

    private ClaimManager Start()
    {
        var claims = new ClaimManager(_drivers, _objects, new CheckpointFile(Path.Combine(_folder, ClaimCheckpoint.FileName)), new FakeTimeProvider(), NullLogger<ClaimManager>.Instance);
        claims.Start();
        return claims;
    }

    private ResourceClaim Add(string name, params string[] pods)
    {
        var claim = new ResourceClaim
        {
            Metadata = new ObjectMeta { Namespace = "default", Name = name, Uid = "uid-" + name },
            Status = new ResourceClaimStatus
            {
                Allocation = new AllocationResult { Devices = new DeviceAllocationResult { Results = { new DeviceRequestAllocationResult { Driver = "drv", Pool = "pool", Device = "dev", Request = "req" } } } },
            },
        };
        claim.Status.ReservedFor.AddRange(pods.Select(p => new ResourceClaimConsumerReference { Uid = p }));
        _objects.Others.RemoveAll(o => o is ResourceClaim && o.Metadata.Name == name);
        _objects.Others.Add(claim);
        return claim;
    }

    private async Task<string> RefusalAsync(Pod pod) => (await Assert.ThrowsAsync<ClaimException>(() => _claims.PrepareAsync(pod, default))).Message;

    private static Pod Pod(string uid, params (string Entry, string Claim)[] claims)
    {
        var pod = new PodBuilder().With(p => p.Metadata.Uid = uid).Container("main").Build();
        pod.Spec.Containers[0].Resources = new ResourceRequirements();
        foreach (var (entry, claim) in claims)
        {
            pod.Spec.ResourceClaims.Add(new PodResourceClaim { Name = entry, ResourceClaimName = claim });
            pod.Spec.Containers[0].Resources.Claims.Add(new KubeApi.Core.V1.ResourceClaim { Name = entry });
        }

        return pod;
    }

    private static Container Using(string entry, string request) => new() { Name = "x", Resources = new ResourceRequirements { Claims = { new KubeApi.Core.V1.ResourceClaim { Name = entry, Request = request } } } };
}
