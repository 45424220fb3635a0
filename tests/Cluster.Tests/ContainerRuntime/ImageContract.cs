using NodeAgent.ContainerRuntime;
using NodeAgent.ContainerRuntime.V1;
using NodeAgent.DevCluster.Images;

namespace NodeAgent.Cluster.Tests.ContainerRuntime;

/// <summary>The part of the contract that is about images; they come from a registry on loopback.</summary>
public abstract class ImageContract(IEngineFixture engine)
{
    private static CancellationToken None => CancellationToken.None;

    [Fact]
    public async Task ListImages_TestImages_AreThereWithNameAndSize()
    {
        var images = await engine.Images.ListImagesAsync(null, None);

        var busybox = Assert.Single(images, image => image.RepoTags.Contains(TestImages.BusyboxName));
        Assert.NotEmpty(busybox.Id);
        Assert.True(busybox.Size > 100_000);
    }

    [Fact]
    public async Task ImageStatus_Unknown_Null() =>
        Assert.Null(await engine.Images.ImageStatusAsync(new ImageSpec { Image = "nodeagent.test/no-such-image:1" }, None));

    [Fact]
    public async Task Pull_WithCredentials_ImageIsThereUntilRemoved()
    {
        await using var registry = await RegistryHost.StartAsync(NewFolder(), passwordNeeded: true);
        var name = await registry.PushAsync(await SmallImageAsync(), "private/app", "v1");
        var spec = new ImageSpec { Image = name };

        var reference = await engine.Images.PullImageAsync(spec, Credentials(registry, RegistryHost.Password), null, None);
        var pulled = await engine.Images.ImageStatusAsync(spec, None);
        await engine.Images.RemoveImageAsync(spec, None);
        await engine.Images.RemoveImageAsync(spec, None);

        Assert.NotNull(pulled);
        Assert.Contains(reference, pulled.RepoDigests.Append(pulled.Id));
        Assert.Contains(name, pulled.RepoTags);
        Assert.NotNull(await engine.Images.ImageStatusAsync(new ImageSpec { Image = TestImages.BusyboxName }, None));
        Assert.Null(await engine.Images.ImageStatusAsync(spec, None));
    }

    [Fact]
    public async Task Pull_WithoutOrWithWrongCredentials_IsRefused()
    {
        await using var registry = await RegistryHost.StartAsync(NewFolder(), passwordNeeded: true);
        var spec = new ImageSpec { Image = await registry.PushAsync(await SmallImageAsync(), "private/app", "v1") };

        await Assert.ThrowsAsync<RuntimeException>(() => engine.Images.PullImageAsync(spec, null, null, None));
        await Assert.ThrowsAsync<RuntimeException>(() => engine.Images.PullImageAsync(spec, Credentials(registry, "wrong"), null, None));

        Assert.Null(await engine.Images.ImageStatusAsync(spec, None));
    }

    [Fact]
    public async Task Pull_NoSuchTag_NotFound()
    {
        await using var registry = await RegistryHost.StartAsync(NewFolder(), passwordNeeded: false);
        await registry.PushAsync(await SmallImageAsync(), "public/app", "v1");

        var error = await Assert.ThrowsAsync<RuntimeException>(() =>
            engine.Images.PullImageAsync(new ImageSpec { Image = $"{registry.Address}/public/app:v2" }, null, null, None));

        Assert.Equal(RuntimeErrorCode.NotFound, error.Code);
    }

    [Fact]
    public async Task Pull_RegistryIsNotThere_ErrorNamesIt()
    {
        var address = $"127.0.0.1:{NodeAgent.DevCluster.Network.Ports.Free()}";

        var error = await Assert.ThrowsAsync<RuntimeException>(() =>
            engine.Images.PullImageAsync(new ImageSpec { Image = $"{address}/public/app:v2" }, null, null, None));

        Assert.Contains(address, error.Message, StringComparison.Ordinal);
    }

    // Unlike the busybox image by its last file, so that removing it takes nothing from that.
    private static Task<TestImage> SmallImageAsync()
    {
        using var builder = new ImageBuilder();
        return Task.FromResult(builder.AddText("unique", Guid.NewGuid().ToString()).Build("unused", ["/none"], []));
    }

    private static AuthConfig Credentials(RegistryHost registry, string password) =>
        new() { Username = RegistryHost.User, Password = password, ServerAddress = registry.Address };

    private static string NewFolder() => Directory.CreateTempSubdirectory("nodeagent-registry-").FullName;
}
