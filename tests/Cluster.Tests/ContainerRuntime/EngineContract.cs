using NodeAgent.ContainerRuntime.V1;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>
/// What the kubelet relies on from any container engine. Each engine derives these suites with its fixture; a difference
/// between engines is a bug in one of the implementations, not a reason for a second test.
/// </summary>
/// <remarks>Tests leave nothing in the engine; those of one fixture run one after the other.</remarks>
public abstract class EngineContract(IEngineFixture engine)
{
    protected IEngineFixture Engine { get; } = engine;

    protected static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task Version_Always_IsComplete()
    {
        var version = await Engine.Runtime.VersionAsync(None);

        Assert.NotEmpty(version.RuntimeName);
        Assert.NotEmpty(version.RuntimeVersion);
        Assert.Equal("v1", version.RuntimeApiVersion);
    }

    [Fact]
    public async Task Status_EngineIsWell_RuntimeAndNetworkAreReady()
    {
        var status = await Engine.Runtime.StatusAsync(verbose: false, None);

        Assert.True(status.Status.Conditions.Single(c => c.Type == "RuntimeReady").Status);
        Assert.True(status.Status.Conditions.Single(c => c.Type == "NetworkReady").Status);
    }

    [Fact]
    public async Task ImageFsInfo_Always_NamesAFolderWithUsage()
    {
        var info = await Engine.Images.ImageFsInfoAsync(None);

        var filesystem = Assert.Single(info.ImageFilesystems);
        Assert.True(Directory.Exists(filesystem.FsId.Mountpoint), filesystem.FsId.Mountpoint);
        Assert.True(filesystem.Timestamp > 0);
    }

    [Fact]
    public async Task UpdateRuntimeConfig_PodCidr_IsTaken() =>
        await Engine.Runtime.UpdateRuntimeConfigAsync(new RuntimeConfig { NetworkConfig = new NetworkConfig { PodCidr = "10.244.0.0/24" } }, None);
}
