using NodeAgent.KubeApi.Core.V1;
using NodeAgent.KubeApi.Meta.V1;
using NodeAgent.Kubelet.Tests.Builders;
using NodeAgent.Kubelet.Volumes;

namespace NodeAgent.Kubelet.Tests.Volumes;

public sealed class VolumeResolverTests
{
    private readonly FakeObjects _objects = new();

    [Fact]
    public async Task Resolve_OfABoundClaim_IsItsVolume()
    {
        _objects.Others.Add(Claim("Bound"));
        _objects.Others.Add(new PersistentVolume { Metadata = new ObjectMeta { Name = "pv" }, Spec = new PersistentVolumeSpec { ClaimRef = new ObjectReference { Uid = "claim-uid" } } });

        var spec = await ResolveAsync();

        Assert.Equal(("pv", false), (spec.Name, spec.IsBlock));
    }

    [Theory]
    [InlineData(null, "persistentvolumeclaims \"data\" not found")]
    [InlineData("Pending", "PVC is not bound")]
    [InlineData("Bound", "failed to find PV pv")]
    public async Task Resolve_OfAClaimThatIsNotThere_SaysWhatIsMissing(string? phase, string why)
    {
        if (phase is not null)
        {
            _objects.Others.Add(Claim(phase));
        }

        var failure = await Assert.ThrowsAsync<VolumeException>(ResolveAsync);

        Assert.StartsWith("error processing PVC default/data: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains(why, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolve_OfAVolumeOfAnotherClaim_IsRefused()
    {
        _objects.Others.Add(Claim("Bound"));
        _objects.Others.Add(new PersistentVolume { Metadata = new ObjectMeta { Name = "pv" }, Spec = new PersistentVolumeSpec { ClaimRef = new ObjectReference { Uid = "another" } } });

        Assert.Contains("does not point to claim claim-uid", (await Assert.ThrowsAsync<VolumeException>(ResolveAsync)).Message, StringComparison.Ordinal);
    }

    private static PersistentVolumeClaim Claim(string phase) => new()
    {
        Metadata = new ObjectMeta { Name = "data", Namespace = "default", Uid = "claim-uid" },
        Spec = new PersistentVolumeClaimSpec { VolumeName = "pv" },
        Status = new PersistentVolumeClaimStatus { Phase = phase },
    };

    private Task<VolumeSpec> ResolveAsync()
    {
        var volume = new Volume { Name = "v", VolumeSource = new VolumeSource { PersistentVolumeClaim = new PersistentVolumeClaimVolumeSource { ClaimName = "data" } } };
        var pod = new Pod { Metadata = new ObjectMeta { Name = "p", Namespace = "default", Uid = "u" }, Spec = new PodSpec { Volumes = { volume } } };
        return new VolumeResolver(_objects).ResolveAsync(pod, volume, CancellationToken.None);
    }
}
