using NodeAgent.Kubelet.Volumes.Csi;
using Mode = NodeAgent.Kubelet.Schemas.Csi.VolumeCapability.Types.AccessMode.Types.Mode;

namespace NodeAgent.Kubelet.Tests.Volumes.Csi;

public sealed class CsiVolumeTests
{
    [Theory]
    [InlineData("ReadWriteOnce", false, Mode.SingleNodeWriter)]
    [InlineData("ReadWriteOnce", true, Mode.SingleNodeMultiWriter)]
    [InlineData("ReadWriteOncePod", false, Mode.SingleNodeWriter)]
    [InlineData("ReadWriteOncePod", true, Mode.SingleNodeSingleWriter)]
    [InlineData("ReadOnlyMany", false, Mode.MultiNodeReaderOnly)]
    [InlineData("ReadWriteMany", true, Mode.MultiNodeMultiWriter)]
    public void Capability_OfAnAccessMode_IsTheDriversWordForIt(string mode, bool multiWriter, Mode expected) =>
        Assert.Equal(expected, Volume("ext4", mode).Capability(multiWriter, mountGroup: null).AccessMode.Mode);

    [Theory]
    [InlineData("", "ext4", "ReadWriteOnce", true)]
    [InlineData("ReadWriteOnceWithFSType", "", "ReadWriteOnce", false)]
    [InlineData("ReadWriteOnceWithFSType", "ext4", "ReadWriteMany", false)]
    [InlineData("File", "", "ReadWriteMany", true)]
    [InlineData("None", "ext4", "ReadWriteOnce", false)]
    public void TakesGroup_FollowsTheDriversPolicy(string policy, string fsType, string mode, bool expected) => Assert.Equal(expected, Volume(fsType, mode).TakesGroup(policy));

    [Fact]
    public void AttachmentName_IsThatOfTheAttachController() =>
        Assert.Equal("csi-" + CsiVolume.Hash("vol-1driver.testnode-a"), CsiVolume.AttachmentName("vol-1", "driver.test", "node-a"));

    private static CsiVolume Volume(string fsType, string mode) => new("driver.test", "vol-1", fsType, false, false, false, new(), [mode], []);
}
